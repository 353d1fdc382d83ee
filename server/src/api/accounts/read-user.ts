import { operation } from '../operation.ts'
import { providerIdParam, showUser, theOne, userShape, whoseQuery } from './shape.ts'

export default operation({
  name: 'readUser',
  method: 'GET',
  path: '/accounts/users/:id',
  scope: 'accounts.read',
  summary: 'Read a user by Clerk’s id',
  bound: 'narrowed',
  params: providerIdParam,
  query: whoseQuery,
  output: userShape,
  async run({ reads, workspaceId }, { params: { id }, query }) {
    return showUser(theOne('user', id, await reads.accounts.users(workspaceId, [id]), query.customer))
  },
})
