import { resumeDeliveries } from '../../outbound/lane/pause.ts'
import { operation } from '../operation.ts'
import { pauseShape, showPause } from './pause-shape.ts'

export default operation({
  name: 'resumeDeliveries',
  method: 'POST',
  path: '/deliveries/resume',
  scope: 'deliveries.write',
  summary: 'Let all deliveries of the workspace go on',
  output: pauseShape,
  async run({ workspaceId, commit }) {
    await commit(resumeDeliveries, { workspaceId })
    return showPause(undefined)
  },
})
