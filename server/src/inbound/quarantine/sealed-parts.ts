import type { Seal } from '../../base/seal.ts'
import type { ReceivedRequest } from '../../events/request.ts'
import { maskHeaders, maskUrl } from '../mask.ts'
import { Headers, type Incoming } from '../source.ts'

/** What the record of a request masks and its proof may need: a token in the query or in a header. */
interface Parts {
  query?: string
  /** The place of a header in the list, and its value. */
  headers?: [place: number, value: string][]
}

/** Cookies prove nothing to a webhook, and are somebody's. */
const unneeded = /cookie$/i

const placeOf = (request: Pick<ReceivedRequest, 'id' | 'workspaceId'>) => ({
  workspace: request.workspaceId,
  table: 'quarantined',
  row: request.id,
  column: 'sealed_parts',
})

/** What a refused request needs to be proven later and its record does not show, sealed; null when nothing was masked. */
export function sealParts(
  { url, headers }: Pick<Incoming, 'url' | 'headers'>,
  request: Pick<ReceivedRequest, 'id' | 'workspaceId'>,
  seal: Seal,
): string | null {
  const parts: Parts = {}
  const query = queryOf(url)
  if (query !== queryOf(maskUrl(url))) parts.query = query
  const masked = maskHeaders(headers.raw)
  const values = headers.raw.flatMap(([name, value], at): [number, string][] =>
    value !== masked[at]?.[1] && !unneeded.test(name) ? [[at, value]] : [],
  )
  if (values.length > 0) parts.headers = values
  return Object.keys(parts).length === 0 ? null : seal.seal(JSON.stringify(parts), placeOf(request))
}

/** A request as it came, out of its record, its body and what was sealed. */
export function restore(
  request: Pick<ReceivedRequest, 'id' | 'workspaceId' | 'method' | 'url' | 'headers'>,
  body: Uint8Array,
  sealed: string | null,
  {
    key,
    isNamed,
    publicUrl,
    seal,
  }: { key: string; isNamed(incoming: Incoming): boolean; publicUrl: string; seal: Seal },
): Incoming {
  const parts = openParts(request, sealed, seal)
  const path = request.url.replace(/\?.*$/s, '')
  const isOwn = path.startsWith('/in/')
  // The source's key is masked in its path, and only there.
  const url = `${isOwn ? `/in/${key}` : path}${parts.query ?? queryOf(request.url)}`
  const raw = request.headers.map(([name, value], at): [string, string] => [
    name,
    parts.headers?.find(([place]) => place === at)?.[1] ?? value,
  ])
  const incoming: Incoming = {
    method: request.method,
    url,
    address: publicUrl + url,
    isAddressed: isOwn,
    headers: new Headers(raw),
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
  }
  return isOwn ? incoming : { ...incoming, isAddressed: isNamed(incoming) }
}

/** Nothing where it was sealed with a key that this server has no longer: then the proof fails, as it does for any other. */
function openParts(request: Pick<ReceivedRequest, 'id' | 'workspaceId'>, sealed: string | null, seal: Seal): Parts {
  if (sealed === null) return {}
  try {
    return JSON.parse(seal.open(sealed, placeOf(request))) as Parts
  } catch {
    return {}
  }
}

/** With its question mark; empty when there is none. */
function queryOf(url: string): string {
  const at = url.indexOf('?')
  return at < 0 ? '' : url.slice(at)
}
