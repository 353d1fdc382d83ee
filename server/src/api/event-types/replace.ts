import { z } from 'zod'
import { memberText } from '../../base/json-text.ts'
import { replaceEventType } from '../../events/types/keep-event-type.ts'
import { operation } from '../operation.ts'
import { registeredOf } from './registering.ts'
import { registeredTypeShape, showRegistered, typeName, typeSettings } from './shape.ts'

export default operation({
  name: 'replaceEventType',
  method: 'PUT',
  path: '/event-types/:type',
  scope: 'events.write',
  summary: 'Put another description, schema and check in place of those that a registered type has',
  params: z.object({ type: typeName }),
  body: z.strictObject(typeSettings),
  output: registeredTypeShape,
  async run({ workspaceId, clock, commit, stir, typeChecks }, { params: { type }, body, text }) {
    const example = memberText(text, 'example') ?? null
    const kept = await commit(replaceEventType, {
      type: registeredOf({ workspaceId, type, example }, body, clock.now()),
    })
    typeChecks.forget(workspaceId)
    stir.events()
    return showRegistered(kept)
  },
})
