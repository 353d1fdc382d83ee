import { operation } from '../operation.ts'
import { pauseShape, showPause } from './pause-shape.ts'

export default operation({
  name: 'readDeliveryPause',
  method: 'GET',
  path: '/deliveries/pause',
  scope: 'deliveries.read',
  summary: 'Read whether the deliveries of the workspace are paused, and since when',
  output: pauseShape,
  async run({ workspaceId, reads }) {
    return showPause((await reads.lanes.paused()).get(workspaceId))
  },
})
