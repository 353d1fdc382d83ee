import { z } from 'zod'
import { given, pageOf, pageQuery } from '../list.ts'
import { operation } from '../operation.ts'
import { readMaskedPage, revealQuery } from '../reveal.ts'
import { customerQuery, maskUser, showUser, userShape, userStatus } from './shape.ts'

export default operation({
  name: 'listUsers',
  method: 'GET',
  path: '/accounts/users',
  scope: 'accounts.read',
  summary: 'List users, the one heard of last first, by customer, address and status',
  bound: 'narrowed',
  query: z.strictObject({
    ...pageQuery,
    ...revealQuery,
    customer: customerQuery,
    email: z.string().max(500).optional().meta({ description: 'The primary address, to the letter.' }),
    status: userStatus.optional(),
  }),
  output: pageOf(userShape),
  run(context, { query }) {
    const { customer, email, status } = query
    const isDeleted = status === undefined ? undefined : status === 'deleted'
    const filter = given({ customer, email, isDeleted })
    return readMaskedPage(
      context,
      'users',
      query,
      (page) => context.reads.accounts.listUsers(context.workspaceId, filter, page),
      ({ key }) => key,
      showUser,
      maskUser,
    )
  },
})
