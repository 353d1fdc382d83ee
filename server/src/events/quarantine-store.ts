import type { NewRequest } from './request.ts'

/** How much of what was refused is kept. Each bound holds by itself. */
export interface QuarantineBounds {
  /** What one sender network may hold of one source. */
  network: Room
  /** What one source may hold. */
  source: Room
  /** What all sources together may hold. */
  serverBytes: number
  /** How long it is kept, in milliseconds. */
  ageMs: number
}

export interface Room {
  requests: number
  bytes: number
}

const mib = 1024 * 1024

/** The bounds unless the operator sets others. */
export const usualBounds: QuarantineBounds = {
  network: { requests: 1000, bytes: 8 * mib },
  source: { requests: 100_000, bytes: 128 * mib },
  serverBytes: 1024 * mib,
  ageMs: 7 * 24 * 60 * 60 * 1000,
}

/** A refused request as it is kept. */
export interface Quarantined {
  /** Its record, and its body if that is kept; it has no events. */
  request: NewRequest
  /** The network that it came from, as `networkOf` names it. */
  network: string
  /** What its record does not show and its proof needs, sealed; null when nothing was masked. */
  sealedParts: string | null
  /** What it counts for, by `quarantinedBytes`: it is counted out as it was counted in. */
  bytes: number
}

/** A refused request, without what it holds. */
export interface QuarantinedHead {
  requestId: string
  workspaceId: string
  sourceId: string
  receivedAt: number
  network: string
  /** What it counts for. */
  bytes: number
  sealedParts: string | null
}

/** Which refused requests are asked for. */
export interface QuarantineRange {
  sourceIds: readonly string[]
  /** Those after this one, in order of their ids, which is that of receipt; null begins. */
  after: string | null
  /** Milliseconds, inclusive. */
  from?: number
  /** Milliseconds, exclusive. */
  to?: number
}

/** What a source, or the part of it that one network has, holds in quarantine. */
export interface QuarantineShare extends Room {
  sourceId: string
  /** Empty for the whole source. */
  network: string
}

/** Quarantine as it is read from outside a transaction. */
export interface QuarantineReads {
  /** Undefined when it is not in quarantine: it was accepted, pushed out, or is too old. */
  readHead(workspaceId: string, requestId: string): Promise<QuarantinedHead | undefined>
  /** The oldest of a range, at most `limit`. */
  listHeads(range: QuarantineRange, limit: number): Promise<readonly QuarantinedHead[]>
  /** How many of a range there are, counted up to `most`. */
  countHeads(range: QuarantineRange, most: number): Promise<number>
  /** What the sources hold, each as a whole. */
  shares(sourceIds: readonly string[]): Promise<readonly QuarantineShare[]>
}

/** Quarantine inside a transaction. Whoever changes it waits for whoever else does. */
export interface QuarantineStore extends QuarantineReads {
  /**
   * Counts these in, their records being there already, and lets go of what is too much then: of a network its oldest; of
   * a source, and of the whole server, the oldest of the network that holds most, again and again. Answers how many were
   * let go, which may be some of these.
   *
   * So a network that holds no more than a source's bound divided by the number of networks that hold anything of it, in
   * requests and in bytes, loses nothing to the others.
   */
  admit(entries: readonly Quarantined[], bounds: QuarantineBounds): Promise<number>
  /** Takes requests out with their records, to be stored anew; answers the ids of those that were there. */
  takeOut(requestIds: readonly string[]): Promise<readonly string[]>
  /** Lets go of the oldest that were received before a time, at most `limit`; answers how many. */
  expire(before: number, limit: number): Promise<number>
  /** Says in the records of these that they were accepted after all. */
  markAccepted(requests: readonly Pick<NewRequest, 'id' | 'receivedAt'>[], now: number): Promise<void>
  /** Says in a record why it was refused, if it is still in quarantine; answers whether it is. */
  noteCause(
    request: Pick<NewRequest, 'id' | 'workspaceId' | 'receivedAt'>,
    cause: string,
    detail: string,
  ): Promise<boolean>
}

/** What a refused request counts for: what of it is on the disk and grows with what its sender sends. */
export function quarantinedBytes({
  request: { body, url, headers },
  sealedParts,
}: Pick<Quarantined, 'request' | 'sealedParts'>): number {
  const names = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  return (body?.byteLength ?? 0) + url.length + names + (sealedParts?.length ?? 0)
}
