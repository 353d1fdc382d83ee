import type { Seal } from '../../base/seal.ts'
import type { LogReads } from '../../events/log-store.ts'
import type { QuarantinedHead } from '../../events/quarantine-store.ts'
import type { ReceivedRequest } from '../../events/request.ts'
import { hashToken } from '../claimants.ts'
import type { Incoming, SourceDefinition } from '../source.ts'
import type { Source, SourceReads } from '../source-store.ts'
import { restore } from './sealed-parts.ts'

/** A refused request out of its record, as it came. */
export interface StoredRequest {
  record: Omit<ReceivedRequest, 'body'>
  incoming: Incoming
}

/** Where the requests of a source come in. */
export interface Address {
  source: Source
  definition: SourceDefinition
  /** The sources whose records may hold a request that is this one's: at a path that several share, all of those. */
  sourceIds: readonly string[]
  /** The token that the source is found by at its fixed path. */
  tokenHash: string | null
}

export interface AddressNeeds {
  reads: { sources: Pick<SourceReads, 'read' | 'claimants'> }
  definitions: ReadonlyMap<string, SourceDefinition>
}

/** Undefined for a source that is not there, or is of a kind that this server does not have. */
export async function addressOf(
  workspaceId: string,
  sourceId: string,
  { reads, definitions }: AddressNeeds,
): Promise<Address | undefined> {
  const source = await reads.sources.read(workspaceId, sourceId)
  const definition = source && definitions.get(source.kind)
  if (!definition) return undefined
  const claimants = source.fixedPath === null ? [] : await reads.sources.claimants(source.fixedPath)
  return {
    source,
    definition,
    sourceIds: [...new Set([source.id, ...claimants.map((each) => each.source.id)])],
    tokenHash: claimants.find((each) => each.source.id === source.id)?.tokenHash ?? null,
  }
}

/**
 * Reads a refused request as it came to an address. Undefined when its body was not kept; `elsewhere` for one that came to
 * another source's own URL, and not to the path that they share.
 */
export async function readStored(
  head: Pick<QuarantinedHead, 'requestId' | 'workspaceId' | 'sealedParts'>,
  { source, definition, tokenHash }: Address,
  { reads, seal, publicUrl }: { reads: { log: LogReads }; seal: Seal; publicUrl: string },
): Promise<StoredRequest | 'elsewhere' | undefined> {
  const record = await reads.log.readRequest(head.workspaceId, head.requestId)
  if (!record) return undefined
  if (record.sourceId !== source.id && pathOf(record.url) !== source.fixedPath) return 'elsewhere'
  const body = await reads.log.readBody(head.workspaceId, head.requestId)
  if (!body) return undefined
  const isNamed = (incoming: Incoming): boolean => {
    const token = definition.fixedPath?.token?.(incoming)
    return token !== undefined && hashToken(token) === tokenHash
  }
  return { record, incoming: restore(record, body, head.sealedParts, { key: source.key, isNamed, publicUrl, seal }) }
}

function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}
