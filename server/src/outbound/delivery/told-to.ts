import type { EndpointStore } from '../endpoint/endpoint-store.ts'
import type { Delivery } from './delivery.ts'

type Told = Pick<Delivery, 'endpointId'>

/**
 * Whose the news of these deliveries is: their endpoints' customer's. A customer's event goes to endpoints of nobody's too,
 * and what becomes of it there is not the customer's to know.
 */
export async function toldTo(
  endpoints: Pick<EndpointStore, 'customersOf'>,
  deliveries: readonly Told[],
): Promise<(delivery: Told) => string | null> {
  const customers = await endpoints.customersOf([...new Set(deliveries.map(({ endpointId }) => endpointId))])
  return ({ endpointId }) => customers.get(endpointId) ?? null
}
