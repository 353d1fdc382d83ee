import { createHash, randomFillSync } from 'node:crypto'

/** What each kind of id begins with. */
const prefixes = {
  workspace: 'ws',
  credential: 'cred',
  source: 'src',
  request: 'req',
  event: 'evt',
  endpoint: 'ep',
  delivery: 'dlv',
  attempt: 'att',
  process: 'proc',
  account: 'acc',
  job: 'job',
} as const

export type IdKind = keyof typeof prefixes

/** Crockford's base 32 in lower case: sorts as it counts, and has no letters that look alike. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const timeCharacters = 10
const randomCharacters = 16
/** Every two characters: an id is put together from half as many pieces. */
const pairs = Array.from({ length: 1024 }, (_, i) => alphabet.charAt(i >> 5) + alphabet.charAt(i & 31))
const pool = new Uint16Array((randomCharacters / 2) * 256)
let used = pool.length
/** The last millisecond that was written: under load the next id is usually of the same one. */
let written = { ms: Number.NaN, text: '' }

/**
 * A new id such as `evt_01jd9k3v5x8q…`: ten characters of milliseconds, then 80 random bits. Ids of one kind sort by the
 * time they were made, so they can be paged by and tell the day their row was stored; they hold no dot, which the
 * Standard Webhooks signature would trip over.
 */
export function newId(kind: IdKind, nowMs: number): string {
  return `${prefixes[kind]}_${timePart(nowMs)}${randomPart()}`
}

/**
 * The id of what follows from something else: the same text gives the same id, so that what is made twice is one.
 */
export function idFrom(kind: IdKind, ms: number, text: string): string {
  const digest = createHash('sha256').update(text).digest()
  let rest = ''
  for (let i = 0; i < randomCharacters; i++) rest += alphabet.charAt((digest[i] ?? 0) & 31)
  return `${prefixes[kind]}_${timePart(ms)}${rest}`
}

/** The millisecond in which an id was made, or undefined when the text is no id of that kind. */
export function timeOfId(kind: IdKind, id: string): number | undefined {
  const body = bodyOf(kind, id)
  if (body === undefined) return undefined
  let ms = 0
  for (let i = 0; i < timeCharacters; i++) ms = ms * 32 + alphabet.indexOf(body.charAt(i))
  return ms
}

/** Whether the text has the form of an id of that kind. */
export function isId(kind: IdKind, text: string): boolean {
  return bodyOf(kind, text) !== undefined
}

/** The lowest id that could have been made at that millisecond: a bound for range queries. */
export function lowestId(kind: IdKind, ms: number): string {
  return `${prefixes[kind]}_${timePart(ms)}${'0'.repeat(randomCharacters)}`
}

function bodyOf(kind: IdKind, id: string): string | undefined {
  const head = `${prefixes[kind]}_`
  if (!id.startsWith(head) || id.length !== head.length + timeCharacters + randomCharacters) return undefined
  const body = id.slice(head.length)
  return /^[0-9a-hjkmnp-tv-z]+$/.test(body) ? body : undefined
}

function timePart(ms: number): string {
  if (ms === written.ms) return written.text
  let text = ''
  let rest = Math.max(0, Math.floor(ms))
  for (let i = 0; i < timeCharacters; i += 2) {
    text = (pairs[rest % 1024] ?? '') + text
    rest = Math.floor(rest / 1024)
  }
  written = { ms, text }
  return text
}

// One call for 256 ids' worth of chance: a call an id costs ten times as much.
function randomPart(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  let text = ''
  for (const end = used + randomCharacters / 2; used < end; used++) text += pairs[(pool[used] ?? 0) & 1023]
  return text
}

/** The workspace that a new server has. Every row belongs to a workspace from the first migration on. */
export const defaultWorkspaceId = `ws_${'0'.repeat(timeCharacters + randomCharacters)}`
