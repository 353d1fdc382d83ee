import { z } from 'zod'
import { Problem } from '../base/errors.ts'
import type { Actor } from './operation.ts'

/** Whose something is: our user's name for one of theirs. */
export const customerShape = z.string().min(1).max(200)

/** A filter by customer. */
export const customerQuery = z.string().max(200).optional().meta({ description: 'A customer, to the letter.' })

/** Whose it is that a caller makes: a key that is bound to a customer makes only that one's. */
export function customerOf(actor: Pick<Actor, 'customer'>, named: string | null): string | null {
  checkNamed(actor, named ?? undefined)
  return actor.customer ?? named
}

/** Refuses a bound key that names another customer than its own. */
export function checkNamed({ customer }: Pick<Actor, 'customer'>, named: string | undefined): void {
  if (customer !== null && named !== undefined && named !== customer)
    throw new Problem('KEY_BOUND', 'this key is bound to one customer and cannot name another: leave "customer" out')
}

/**
 * Refuses a bound key that wants requests whole: one may tell of other customers too, even where only one event was made of
 * it.
 */
export function checkPayload({ customer }: Pick<Actor, 'customer'>, payload: string | undefined): void {
  if (customer !== null && payload === 'raw')
    throw new Problem(
      'KEY_BOUND',
      'a key that is bound to one customer cannot ask for "payload": "raw": a request may tell of others too',
    )
}
