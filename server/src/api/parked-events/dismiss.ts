import { dismissParked } from '../../events/follow/rerun.ts'
import { operation } from '../operation.ts'
import { keyOf, parkedParams, parkedShape, showParked } from './shape.ts'

export default operation({
  name: 'dismissParkedEvent',
  method: 'POST',
  path: '/parked-events/:id/dismiss',
  scope: 'events.write',
  summary: 'Decide that an event is not to be handled; it stays on record, and what waits behind it goes on',
  params: parkedParams,
  output: parkedShape,
  async run({ workspaceId, clock, commit }, { params }) {
    const now = clock.now()
    return showParked(await commit(dismissParked, { workspaceId, key: keyOf(params.id), now }), now)
  },
})
