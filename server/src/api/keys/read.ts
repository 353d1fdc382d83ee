import { noKey } from '../../access/keep-credential.ts'
import { operation } from '../operation.ts'
import { keyId, keyShape, showKey } from './shape.ts'

export default operation({
  name: 'readKey',
  method: 'GET',
  path: '/keys/:id',
  scope: 'keys.read',
  summary: 'Read what a key may do; the key itself is never shown again',
  bound: 'narrowed',
  params: keyId,
  output: keyShape,
  async run({ reads, workspaceId }, { params }) {
    const key = await reads.credentials.read(workspaceId, params.id)
    if (!key) throw noKey(params.id)
    return showKey(key)
  },
})
