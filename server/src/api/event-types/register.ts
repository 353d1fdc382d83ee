import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { memberText } from '../../base/json-text.ts'
import { registerEventTypes } from '../../events/types/keep-event-type.ts'
import { operation } from '../operation.ts'
import { registeredOf } from './registering.ts'
import { registeredTypeShape, showRegistered, typeName, typeSettings } from './shape.ts'

export default operation({
  name: 'registerEventType',
  method: 'POST',
  path: '/event-types',
  scope: 'events.write',
  summary: 'Register a type of event with the JSON Schema of its data',
  body: z.strictObject({ type: typeName.meta({ example: 'invoice.paid' }), ...typeSettings }),
  status: 201,
  output: registeredTypeShape,
  async run({ workspaceId, clock, commit, stir, typeChecks }, { body, text }) {
    const { type } = body
    const example = memberText(text, 'example') ?? null
    const made = registeredOf({ workspaceId, type, example }, body, clock.now())
    const [name] = await commit(registerEventTypes, { types: [made] })
    if (name === undefined) {
      throw new Problem('CONFLICT', `the type of event "${type}" has been registered: PUT changes it`)
    }
    typeChecks.forget(workspaceId)
    stir.events()
    return showRegistered(made)
  },
})
