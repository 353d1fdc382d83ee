import { z } from 'zod'
import { type Credential, hashKey, makeKey, previewOf } from '../../access/credential.ts'
import { createKey } from '../../access/keep-credential.ts'
import { Problem } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { customerOf, customerShape } from '../customer.ts'
import { operation } from '../operation.ts'
import { keySettings, keyShape, showKey } from './shape.ts'

export default operation({
  name: 'createKey',
  method: 'POST',
  path: '/keys',
  scope: 'keys.write',
  summary: 'Make a key to the API, for everything or for one customer alone',
  bound: 'narrowed',
  body: z.strictObject({
    ...keySettings,
    customer: customerShape.nullable().default(null),
  }),
  status: 201,
  output: keyShape.extend({ key: z.string().meta({ description: 'The key itself, this once.' }) }),
  async run({ workspaceId, actor, clock, commit, journal, requestId }, { body }) {
    const beyond = body.scopes.filter((scope) => !actor.scopes.includes(scope))
    if (beyond.length > 0)
      throw new Problem(
        'SCOPE_MISSING',
        `this key does not have ${beyond.map((each) => `"${each}"`).join(', ')} to give`,
      )
    const now = clock.now()
    const key = makeKey()
    const made: Credential = {
      id: newId('credential', now),
      workspaceId,
      customer: customerOf(actor, body.customer),
      name: body.name,
      keyHash: hashKey(key),
      preview: previewOf(key),
      scopes: [...new Set(body.scopes)],
      origin: 'api',
      createdAt: now,
      revokedAt: null,
    }
    await commit(createKey, made)
    journal.info('key.created', { request: requestId, credential: actor.credentialId, key: made.id })
    return { ...showKey(made), key }
  },
})
