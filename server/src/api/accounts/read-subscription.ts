import { operation } from '../operation.ts'
import { providerIdParam, showSubscription, subscriptionShape, theOne, whoseQuery } from './shape.ts'

export default operation({
  name: 'readSubscription',
  method: 'GET',
  path: '/accounts/subscriptions/:id',
  scope: 'accounts.read',
  summary: 'Read a subscription by Stripe’s id',
  bound: 'narrowed',
  params: providerIdParam,
  query: whoseQuery,
  output: subscriptionShape,
  async run({ reads, workspaceId }, { params: { id }, query }) {
    return showSubscription(
      theOne('subscription', id, await reads.accounts.subscriptions(workspaceId, [id]), query.customer),
    )
  },
})
