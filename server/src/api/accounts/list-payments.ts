import { z } from 'zod'
import { given, pageOf, pageQuery } from '../list.ts'
import { operation } from '../operation.ts'
import { readMaskedPage, revealQuery } from '../reveal.ts'
import {
  customerQuery,
  maskPayment,
  paymentShape,
  paymentStatus,
  showPayment,
  stripeCustomerQuery,
  userQuery,
} from './shape.ts'

export default operation({
  name: 'listPayments',
  method: 'GET',
  path: '/accounts/payments',
  scope: 'accounts.read',
  summary: 'List payments, the one heard of last first, by customer, user, subscription and status',
  bound: 'narrowed',
  query: z.strictObject({
    ...pageQuery,
    ...revealQuery,
    customer: customerQuery,
    user: userQuery,
    stripeCustomer: stripeCustomerQuery,
    subscription: z.string().max(255).optional().meta({ description: 'Stripe’s id of the subscription.' }),
    status: paymentStatus.optional(),
  }),
  output: pageOf(paymentShape),
  run(context, { query }) {
    const { customer, user: userId, stripeCustomer: stripeCustomerId, subscription: subscriptionId, status } = query
    const filter = given({ customer, userId, stripeCustomerId, subscriptionId, status })
    return readMaskedPage(
      context,
      'payments',
      query,
      (page) => context.reads.accounts.listPayments(context.workspaceId, filter, page),
      ({ key }) => key,
      showPayment,
      maskPayment,
    )
  },
})
