import type { Clock } from '../base/clock.ts'
import { Problem } from '../base/errors.ts'
import { type Credential, hashKey, isKey } from './credential.ts'
import type { CredentialReads } from './credential-store.ts'
import { withImplied } from './scope.ts'

/** Finds out who calls. The scopes of the answer hold those that others stand for. */
export type Authenticate = (authorization: string | undefined) => Promise<Credential>

/** A revoked key stops working within this time, on every process. */
const freshMs = 1000
const kept = 10_000

/**
 * Judges `Authorization: Bearer osk_…`. A key is found by its hash, so that looking it up tells nothing about it.
 * Throws UNAUTHENTICATED, in the same words for a key that never was, one that was revoked and one whose time is over.
 */
export function createAuthenticate({
  reads,
  clock,
}: {
  reads: Pick<CredentialReads, 'byHash'>
  clock: Clock
}): Authenticate {
  const known = new Map<string, { credential: Promise<Credential | undefined>; at: number }>()
  return async (authorization) => {
    const key = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    if (key === undefined) throw new Problem('UNAUTHENTICATED', 'the header "Authorization: Bearer osk_…" is missing')
    if (!isKey(key)) throw new Problem('UNAUTHENTICATED', 'the key must be "osk_" and 48 letters or digits')
    const hash = hashKey(key)
    const now = clock.elapsed()
    let entry = known.get(hash)
    if (!entry || now - entry.at >= freshMs) {
      entry = { credential: reads.byHash(hash).then(whole), at: now }
      known.delete(hash)
      known.set(hash, entry)
      const [oldest] = known.keys()
      if (known.size > kept && oldest !== undefined) known.delete(oldest)
      entry.credential.catch(() => known.delete(hash))
    }
    const credential = await entry.credential
    const isOver = credential && credential.expiresAt !== null && credential.expiresAt <= clock.now()
    if (!credential || credential.revokedAt !== null || isOver)
      throw new Problem('UNAUTHENTICATED', 'the key is unknown, has expired or has been revoked')
    return credential
  }
}

const whole = (found: Credential | undefined): Credential | undefined =>
  found && { ...found, scopes: withImplied(found.scopes) }
