import { pauseDeliveries } from '../../outbound/lane/pause.ts'
import { operation } from '../operation.ts'
import { pauseShape, showPause } from './pause-shape.ts'

export default operation({
  name: 'pauseDeliveries',
  method: 'POST',
  path: '/deliveries/pause',
  scope: 'deliveries.write',
  summary: 'Pause all deliveries of the workspace; every queue is kept, also over a restart',
  output: pauseShape,
  async run({ workspaceId, clock, commit }) {
    return showPause(await commit(pauseDeliveries, { workspaceId, now: clock.now() }))
  },
})
