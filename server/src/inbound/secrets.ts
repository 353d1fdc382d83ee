import type { Seal } from '../base/seal.ts'
import type { Source } from './source-store.ts'

/** A secret that a source verifies with. */
export interface KeptSecret {
  secret: string
  /** When it ends, in milliseconds since 1970, or null: a former one is let go of by then. */
  until: number | null
}

/** So many secrets of a source verify at once: each of them may have to be tried for one request. */
export const mostSecrets = 3

/** Where a source's secrets are sealed to. */
export const secretsPlace = ({ workspaceId, id }: Pick<Source, 'workspaceId' | 'id'>) => ({
  workspace: workspaceId,
  table: 'sources',
  row: id,
  column: 'sealed_secrets',
})

/** The secrets that are kept, the current one first. */
export function keptSecrets(source: Source, seal: Seal): KeptSecret[] {
  const kept = JSON.parse(seal.open(source.sealedSecrets, secretsPlace(source))) as (string | KeptSecret)[]
  return kept.map((each) => (typeof each === 'string' ? { secret: each, until: null } : each))
}

/** The secrets that verify at a time, the current one first; all that are kept when no time is given. */
export function openSecrets(source: Source, seal: Seal, now = Number.NEGATIVE_INFINITY): string[] {
  return keptSecrets(source, seal)
    .filter(isValidAt(now))
    .map(({ secret }) => secret)
}

/**
 * Secrets as they are sealed. Those without an end are written as bare texts: that is how every version wrote them, and on
 * PostgreSQL the one before may still be running beside this one.
 */
export function sealSecrets(
  secrets: readonly KeptSecret[],
  source: Pick<Source, 'workspaceId' | 'id'>,
  seal: Seal,
): string {
  const written = secrets.some(({ until }) => until !== null) ? secrets : secrets.map(({ secret }) => secret)
  return seal.seal(JSON.stringify(written), secretsPlace(source))
}

export const isValidAt =
  (now: number) =>
  ({ until }: KeptSecret): boolean =>
    until === null || now < until

/**
 * The secrets after a change: the new one, and those before it for as long as they overlap. None of them gets longer than
 * it had.
 */
export function rotateSecrets(
  kept: readonly KeptSecret[],
  secret: string,
  { now, overlapMs }: { now: number; overlapMs: number },
): KeptSecret[] {
  const end = now + overlapMs
  const former = kept
    .map((each) => ({ ...each, until: Math.min(each.until ?? end, end) }))
    .filter((each) => each.secret !== secret && isValidAt(now)(each))
  return [{ secret, until: null }, ...former]
}

/** A secret that verifies no longer, or soon will not: it is kept to tell what a request was signed with, and for nothing else. */
export interface FormerSecret {
  secret: string
  /** When it ended or will end, in milliseconds since 1970. */
  endedAt: number
}

/** So many former secrets of a source are kept. */
export const mostFormer = 3

const formerPlace = ({ workspaceId, id }: Pick<Source, 'workspaceId' | 'id'>) => ({
  workspace: workspaceId,
  table: 'former_secrets',
  row: id,
  column: 'sealed',
})

/** The former secrets of a source, those that ended last first; none where they cannot be opened, for they are only a help. */
export function openFormer(
  sealed: string | undefined,
  source: Pick<Source, 'workspaceId' | 'id'>,
  seal: Seal,
): FormerSecret[] {
  if (sealed === undefined) return []
  try {
    return JSON.parse(seal.open(sealed, formerPlace(source))) as FormerSecret[]
  } catch {
    return []
  }
}

/** The former secrets of a source whose secrets change, sealed. */
export function sealFormer(
  source: Source,
  after: readonly KeptSecret[],
  { former, seal, now }: { former: string | undefined; seal: Seal; now: number },
): string {
  const kept = formerAfter(openFormer(former, source, seal), secretsThatOpen(source, seal), after, now)
  return seal.seal(JSON.stringify(kept), formerPlace(source))
}

/** What is former after a change: what ends with it or will end, and what ended before; nothing that verifies without an end. */
export function formerAfter(
  former: readonly FormerSecret[],
  before: readonly KeptSecret[],
  after: readonly KeptSecret[],
  now: number,
): FormerSecret[] {
  const ends = new Map(former.map(({ secret, endedAt }) => [secret, endedAt]))
  for (const { secret, until } of before) ends.set(secret, Math.min(until ?? now, now))
  for (const { secret, until } of after) {
    if (until === null) ends.delete(secret)
    else ends.set(secret, until)
  }
  return [...ends]
    .map(([secret, endedAt]) => ({ secret, endedAt }))
    .sort((a, b) => b.endedAt - a.endedAt)
    .slice(0, mostFormer)
}

/**
 * The secrets that are kept; none where they cannot be opened. Such a source must not hide the others of a list, nor itself:
 * a new secret mends it.
 */
export function secretsThatOpen(source: Source, seal: Seal): KeptSecret[] {
  try {
    return keptSecrets(source, seal)
  } catch {
    return []
  }
}

/** Enough of a secret to know it again, and nothing to guess it by. */
export function previewOf(secret: string): string {
  return secret.length >= 16 ? `…${secret.slice(-4)}` : '…'
}
