import type { Seal } from '../../base/seal.ts'
import type { HeaderList } from '../../egress/exchange.ts'
import type { Endpoint } from './endpoint.ts'

/** Headers that an endpoint wants with each of its deliveries, by their names in lower case. */
export type CustomHeaders = Readonly<Record<string, string>>

export const mostHeaders = 20
const longestName = 100
const longestValue = 2048

/** What the request itself says, and what proves or describes a delivery: nobody else may say it. */
const ours =
  /^(host|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|user-agent|stripe-signature|(content|proxy|webhook|svix|trunkline|x-webhook|x-opencom|x-trunkline|x-hub|x-github|x-remotedev)-.*)$/

/** Why a header may not be set, without its value; undefined when it may. */
export function headerFault(name: string, value: string): string | undefined {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name) || name.length > longestName) {
    return `must be named with 1 to ${longestName} letters, digits or hyphens`
  }
  if (ours.test(name.toLowerCase())) return `is set by the server and cannot be given`
  if (value === '' || value.length > longestValue) return `must have a value of 1 to ${longestValue} characters`
  // Also a line break, with which somebody would write headers of his own.
  if (!/^[\x20-\x7e]*$/.test(value)) return 'may hold visible ASCII characters and spaces only, and no line break'
  if (value.trim() !== value) return 'may not begin or end with a space'
  return undefined
}

type Place = Pick<Endpoint, 'workspaceId' | 'id'>

/** The form in which headers are stored: their names, a space, and the whole of them sealed; null when there are none. */
export function sealHeaders(headers: CustomHeaders, endpoint: Place, seal: Seal): string | null {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  if (entries.length === 0) return null
  const names = entries.map(([name]) => name).join(',')
  return `${names} ${seal.seal(JSON.stringify(Object.fromEntries(entries)), placeOf(endpoint))}`
}

/** The names of stored headers, which may be shown; the values never are. */
export function headerNames(stored: string | null): string[] {
  return stored === null ? [] : (stored.split(' ', 1)[0] ?? '').split(',')
}

/** Opened headers, by their endpoint and stored form: the same ones go with every delivery to it. Put elsewhere, they do not open. */
const opened = new Map<string, HeaderList>()
const headersKept = 10_000

/** The headers of an endpoint. */
export function customHeaders(endpoint: Place & Pick<Endpoint, 'sealedHeaders'>, seal: Seal): HeaderList {
  const { sealedHeaders: stored } = endpoint
  if (stored === null) return none
  const place = `${endpoint.workspaceId}|${endpoint.id}|${stored}`
  const known = opened.get(place)
  if (known) return known
  if (opened.size >= headersKept) opened.clear()
  const sealed = stored.slice(stored.indexOf(' ') + 1)
  const entries = Object.entries(JSON.parse(seal.open(sealed, placeOf(endpoint))) as CustomHeaders)
  // An earlier version may have taken one that has become ours since.
  const headers = entries.filter(([name]) => !ours.test(name)).flat()
  opened.set(place, headers)
  return headers
}

const none: HeaderList = []

const placeOf = ({ workspaceId, id }: Place) => ({
  workspace: workspaceId,
  table: 'endpoints',
  row: id,
  column: 'sealed_headers',
})
