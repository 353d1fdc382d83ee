import { z } from 'zod'
import { customerOf, customerShape } from '../customer.ts'
import { operation } from '../operation.ts'
import { endpointSettings } from './shape.ts'
import { checkedTls, tlsInput } from './tls.ts'
import { check, showCheck, verdictShape } from './verdict.ts'

export default operation({
  name: 'checkEndpoint',
  method: 'POST',
  path: '/endpoints/check',
  scope: 'endpoints.write',
  summary: 'Look whether a URL can be delivered to, with HEAD; nothing is stored',
  bound: 'narrowed',
  body: z.strictObject({
    url: endpointSettings.url,
    tls: tlsInput.optional(),
    customer: customerShape.nullable().default(null).meta({ description: 'Whose endpoint it would be.' }),
  }),
  output: verdictShape,
  async run(context, { body }) {
    const { actor, clock } = context
    const customer = customerOf(actor, body.customer)
    if (body.tls) checkedTls(body.tls, clock.now())
    const identity = body.tls ? { id: 'checked', ...body.tls } : undefined
    return showCheck(await check(body.url, customer, identity, context), clock.now())
  },
})
