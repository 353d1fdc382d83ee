import { z } from 'zod'
import { customerQuery } from '../customer.ts'
import { given, pageOf, pageQuery, readPage } from '../list.ts'
import { operation } from '../operation.ts'
import { keyShape, showKey } from './shape.ts'

export default operation({
  name: 'listKeys',
  method: 'GET',
  path: '/keys',
  scope: 'keys.read',
  summary: 'List the keys to the API, newest first, revoked ones too',
  bound: 'narrowed',
  query: z.strictObject({ ...pageQuery, customer: customerQuery }),
  output: pageOf(keyShape),
  run: (context, { query }) =>
    readPage(
      context,
      'keys',
      query,
      (page) => context.reads.credentials.list(context.workspaceId, given({ customer: query.customer }), page),
      (key) => key.id,
      showKey,
    ),
})
