/**
 * What there is twice: for receivers of the operator's own, and for those that customers name. What a customer enters is a
 * stranger's word: it must not reach what the operator has opened for himself.
 */
export interface ByOwner<Thing> {
  own: Thing
  customers: Thing
}

/** The one that serves a customer, or nobody's. */
export const forCustomer = <Thing>({ own, customers }: ByOwner<Thing>, customer: string | null): Thing =>
  customer === null ? own : customers
