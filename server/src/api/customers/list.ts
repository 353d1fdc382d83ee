import { z } from 'zod'
import { pageOf, pageQuery, readPage } from '../list.ts'
import { operation } from '../operation.ts'
import { countedTo, customerEntryShape, showCustomer } from './shape.ts'

export default operation({
  name: 'listCustomers',
  method: 'GET',
  path: '/customers',
  scope: 'events.read',
  summary: 'List the customers that an endpoint, an event, a source or a route names, in alphabetical order',
  bound: 'narrowed',
  query: z.strictObject(pageQuery),
  output: pageOf(customerEntryShape),
  run: (context, { query }) =>
    readPage(
      context,
      'customers',
      query,
      (page) => context.reads.customers.list(context.workspaceId, page, countedTo),
      (customer) => customer.name,
      showCustomer,
    ),
})
