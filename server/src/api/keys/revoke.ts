import { revokeKey } from '../../access/keep-credential.ts'
import { operation } from '../operation.ts'
import { keyId } from './shape.ts'

export default operation({
  name: 'revokeKey',
  method: 'DELETE',
  path: '/keys/:id',
  scope: 'keys.write',
  summary: 'Take a key out of force, on every process within a second',
  bound: 'narrowed',
  params: keyId,
  async run({ workspaceId, actor, clock, commit, journal, requestId }, { params: { id } }) {
    await commit(revokeKey, { workspaceId, id, customer: actor.customer, scopes: actor.scopes, now: clock.now() })
    journal.info('key.revoked', { request: requestId, credential: actor.credentialId, key: id })
    return undefined
  },
})
