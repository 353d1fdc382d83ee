import { z } from 'zod'
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
  body: z.strictObject({ url: endpointSettings.url, tls: tlsInput.optional() }),
  output: verdictShape,
  async run(context, { body }) {
    const { clock } = context
    if (body.tls) checkedTls(body.tls, clock.now())
    const identity = body.tls ? { id: 'checked', ...body.tls } : undefined
    return showCheck(await check(body.url, identity, context), clock.now())
  },
})
