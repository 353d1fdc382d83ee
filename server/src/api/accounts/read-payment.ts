import { operation } from '../operation.ts'
import { paymentShape, providerIdParam, showPayment, theOne, whoseQuery } from './shape.ts'

export default operation({
  name: 'readPayment',
  method: 'GET',
  path: '/accounts/payments/:id',
  scope: 'accounts.read',
  summary: 'Read a payment by the invoice’s id',
  bound: 'narrowed',
  params: providerIdParam,
  query: whoseQuery,
  output: paymentShape,
  async run({ reads, workspaceId }, { params: { id }, query }) {
    return showPayment(theOne('payment', id, await reads.accounts.payments(workspaceId, [id]), query.customer))
  },
})
