import { z } from 'zod'
import { deleteEventType } from '../../events/types/keep-event-type.ts'
import { operation } from '../operation.ts'

export default operation({
  name: 'deleteEventType',
  method: 'DELETE',
  path: '/event-types/:type',
  scope: 'events.write',
  summary: 'Forget what was registered of a type of event; its events stay',
  params: z.object({ type: z.string().max(200) }),
  async run({ workspaceId, clock, commit, stir, typeChecks }, { params: { type } }) {
    await commit(deleteEventType, { workspaceId, type, now: clock.now() })
    typeChecks.forget(workspaceId)
    stir.events()
    return undefined
  },
})
