import type { Sample, Sender } from './sender.ts'
import { type Edit, edited } from './set.ts'

/** A request as its provider would make it. */
export interface SignedRequest {
  method: 'POST'
  /** By their names in lower case. */
  headers: Record<string, string>
  body: Uint8Array
  /** What the provider puts behind the URL, without its `?`; empty for most. */
  query: string
}

/** How a sample is signed. */
export interface Signing {
  secret: string
  /** The moment of sending: milliseconds since 1970. */
  nowMs: number
  /** The provider's id of the delivery. */
  id: string
  /** Where it is posted to: some providers sign it. */
  url?: string
}

/** The sample that is asked for, with the changes made in it. */
export function sampleOf(
  sender: Sender,
  { event, edits = [], ...signing }: Signing & { event?: string; edits?: readonly Edit[] },
): Sample {
  const { id, nowMs } = signing
  const sample = sender.sample({ id, nowMs, ...(event === undefined ? {} : { event }) })
  if (edits.length === 0) return sample
  // How a provider writes its bodies is known from the headers that it sends with them.
  const { headers } = requestOf(sender, sample, signing)
  return { event: sample.event, body: edited(sample.body, edits, headers['content-type']) }
}

/** Signs a sample, or any other body under its event's name. */
export function requestOf(sender: Sender, { event, body }: Sample, { secret, nowMs, id, url }: Signing): SignedRequest {
  const message = { body, secret, nowMs, id, event }
  const query = sender.query?.(url === undefined ? message : { ...message, url }) ?? ''
  const headers = sender.sign(url === undefined ? message : { ...message, url: urlWith(url, query) })
  return {
    method: 'POST',
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body,
    query,
  }
}

/** A URL with a query behind it, after the one that it may have. */
export function urlWith(url: string, query: string): string {
  if (query === '') return url
  return `${url}${url.includes('?') ? '&' : '?'}${query}`
}

/**
 * An id as a provider would give it, made of one that is unique.
 * @example idFor('stripe', randomUUID()) // evt_4fd0…
 */
export function idFor(kind: string, uuid: string): string {
  const prefix = idPrefixes[kind]
  return prefix === undefined ? uuid : `${prefix}${uuid.replaceAll('-', '')}`
}

const idPrefixes: Readonly<Record<string, string>> = {
  clerk: 'msg_',
  openai: 'wh_',
  'standard-webhooks': 'msg_',
  stripe: 'evt_',
}
