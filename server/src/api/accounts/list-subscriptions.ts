import { z } from 'zod'
import { given, pageOf, pageQuery } from '../list.ts'
import { operation } from '../operation.ts'
import { readMaskedPage, revealQuery } from '../reveal.ts'
import {
  customerQuery,
  maskSubscription,
  showSubscription,
  stripeCustomerQuery,
  subscriptionShape,
  subscriptionStatus,
  userQuery,
} from './shape.ts'

export default operation({
  name: 'listSubscriptions',
  method: 'GET',
  path: '/accounts/subscriptions',
  scope: 'accounts.read',
  summary: 'List subscriptions, the one heard of last first, by customer, user and status',
  bound: 'narrowed',
  query: z.strictObject({
    ...pageQuery,
    ...revealQuery,
    customer: customerQuery,
    user: userQuery,
    stripeCustomer: stripeCustomerQuery,
    status: subscriptionStatus.optional(),
  }),
  output: pageOf(subscriptionShape),
  run(context, { query }) {
    const { customer, user: userId, stripeCustomer: stripeCustomerId, status } = query
    const filter = given({ customer, userId, stripeCustomerId, status })
    return readMaskedPage(
      context,
      'subscriptions',
      query,
      (page) => context.reads.accounts.listSubscriptions(context.workspaceId, filter, page),
      ({ key }) => key,
      showSubscription,
      maskSubscription,
    )
  },
})
