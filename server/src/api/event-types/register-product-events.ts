import { z } from 'zod'
import { validations } from '../../events/types/event-type-store.ts'
import { registerEventTypes } from '../../events/types/keep-event-type.ts'
import { productEvents, productSchema } from '../../events/types/product-events.ts'
import { operation } from '../operation.ts'

export default operation({
  name: 'registerProductEvents',
  method: 'POST',
  path: '/event-types/product-events',
  scope: 'events.write',
  summary: 'Register the 23 events of a product with projects, sessions, recordings and agents, and `webhook.test`',
  body: z.strictObject({
    validation: z.enum(validations).default('warn').meta({ description: 'For those that are new.' }),
  }),
  output: z.object({
    registered: z.array(z.string()),
    kept: z.array(z.string()).meta({ description: 'Those that were registered already: they stay as they are.' }),
  }),
  async run({ workspaceId, clock, commit, stir, typeChecks }, { body }) {
    const now = clock.now()
    const types = productEvents.map((each) => ({
      workspaceId,
      type: each.type,
      description: each.description,
      schema: JSON.stringify(productSchema(each)),
      validation: body.validation,
      example: JSON.stringify(each.example),
      createdAt: now,
      updatedAt: now,
    }))
    const registered = [...(await commit(registerEventTypes, { types }))]
    typeChecks.forget(workspaceId)
    stir.events()
    return { registered, kept: types.map(({ type }) => type).filter((type) => !registered.includes(type)) }
  },
})
