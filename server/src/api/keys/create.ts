import { z } from 'zod'
import { type Credential, hashKey, makeKey, previewOf } from '../../access/credential.ts'
import { createKey } from '../../access/keep-credential.ts'
import { Problem } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { customerOf, customerShape } from '../customer.ts'
import { type Actor, operation } from '../operation.ts'
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
    const expiresAt = expiryOf(actor, body.expiresInSeconds, now)
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
      expiresAt,
      revokedAt: null,
    }
    await commit(createKey, made)
    journal.info('key.created', { request: requestId, credential: actor.credentialId, key: made.id })
    return { ...showKey(made), key }
  },
})

/** A key that expires makes none that outlives it. */
function expiryOf({ expiresAt }: Actor, seconds: number | undefined, now: number): number | null {
  if (seconds === undefined) return expiresAt
  const wanted = now + seconds * 1000
  if (expiresAt === null || wanted <= expiresAt) return wanted
  const left = Math.floor((expiresAt - now) / 1000)
  const message = `must be at most ${left}: the key that makes it expires then`
  throw new Problem('INVALID_INPUT', `expiresInSeconds ${message}`, { errors: [{ at: '/expiresInSeconds', message }] })
}
