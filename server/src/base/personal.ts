import { maskNumbers } from './phone.ts'
import { isSecretForm, isSecretName, looksRandom } from './secret-form.ts'

/** How strictly a text is masked. */
export interface Strictness {
  /** Whether JSON, quoted sentences and the values of forms are taken out: they may be what somebody wrote. */
  isFree: boolean
  /** Whether what looks random is taken out, as keys and tokens do. Ids of providers look like that too. */
  hidesRandom: boolean
  /** Bare numbers of more digits are ids and stay. */
  longestNumber: number
}

const forLog: Strictness = { isFree: true, hidesRandom: true, longestNumber: Number.POSITIVE_INFINITY }
/** No phone number has more than 15 digits (E.164). */
const forList: Strictness = { isFree: false, hidesRandom: false, longestNumber: 15 }

/** A line of the log is for reading: of a longer text its beginning is enough. */
const longestText = 4000

/**
 * A text fit for the log: phone numbers keep their last digits, e-mail addresses their first letter, URLs their host; keys
 * and tokens, JSON, quoted sentences and the values of forms are gone. Ids of ours, UUIDs, times, IP addresses, counts
 * and codes stay. Takes time in proportion to the text, and of a long one only the first 4,000 characters.
 */
export function maskText(text: string): string {
  return maskPersonal(beginningOf(text), forLog)
}

/**
 * A value fit for a list: what is like a phone number, an e-mail address, a URL or a secret is masked. Everything else
 * stays as it is, ids of providers included.
 */
export function maskValue<Value extends string | null>(value: Value): Value {
  return (value === null ? null : maskPersonal(value, forList)) as Value
}

/** A person's name in a list: its first letter. */
export function maskName(name: string | null): string | null {
  return name === null ? null : `${[...name.slice(0, 2)][0] ?? ''}…`
}

/** Cut between two words: half a number or half a key would not be known for what it is. */
function beginningOf(text: string): string {
  if (text.length <= longestText) return text
  let end = longestText
  while (end > 0 && !isBlank(text.charCodeAt(end))) end--
  return `${text.slice(0, end)} … (${text.length} characters)`
}

const isBlank = (code: number): boolean => code === 32 || (code >= 9 && code <= 13)

/** Masks a text of any length. */
export function maskPersonal(text: string, strictness: Strictness): string {
  const plain = strictness.isFree ? withoutQuotes(withoutJson(text)) : text
  let masked = ''
  let from = 0
  for (let at = plain.indexOf('://'); at >= 0; at = plain.indexOf('://', from)) {
    const begin = beginOfScheme(plain, at, from)
    const end = endOfUrl(plain, at)
    const [scheme, rest] = [plain.slice(begin, at), plain.slice(at + 3, end)]
    masked += maskWords(plain.slice(from, begin), strictness) + maskUrl(scheme, rest)
    from = end
  }
  return masked + maskWords(plain.slice(from), strictness)
}

const isSchemeCharacter = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 43 || code === 45

function beginOfScheme(text: string, at: number, least: number): number {
  let begin = at
  while (begin > least && at - begin < 20 && isSchemeCharacter(text.charCodeAt(begin - 1))) begin--
  return begin
}

function endOfUrl(text: string, at: number): number {
  let end = at + 3
  while (end < text.length && !isBlank(text.charCodeAt(end)) && !'"\'`<>'.includes(text.charAt(end))) end++
  return end
}

/** Files of the program stay whole, they are where an error happened, and so do Shopify's ids. Else only the host is left. */
function maskUrl(scheme: string, rest: string): string {
  if (scheme === 'file' || scheme === 'gid') return `${scheme}://${rest}`
  const end = firstOf(rest, '/?#)],;')
  const authority = rest.slice(0, end)
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  return `${scheme}://${maskNumbers(host, forLog.longestNumber)}${end < rest.length && rest.slice(end) !== '/' ? '/…' : ''}`
}

function firstOf(text: string, characters: string): number {
  for (let i = 0; i < text.length; i++) if (characters.includes(text.charAt(i))) return i
  return text.length
}

/** Takes out JSON with names or texts in it, to its end or to that of the text. */
function withoutJson(text: string): string {
  let kept = ''
  let from = 0
  for (let i = 0; i < text.length; i++) {
    const open = text.charAt(i)
    if (open !== '{' && open !== '[') continue
    let inside = i + 1
    while (isBlank(text.charCodeAt(inside)) || text.charAt(inside) === '{' || text.charAt(inside) === '[') inside++
    if (text.charAt(inside) === '"' || text.startsWith('\\"', inside)) {
      kept += `${text.slice(from, i)}${open}…${open === '{' ? '}' : ']'}`
      from = text.charAt(inside) === '"' ? endOfJson(text, i) : text.length
      i = from - 1
    } else i = inside - 1
  }
  return kept + text.slice(from)
}

function endOfJson(text: string, begin: number): number {
  let depth = 0
  for (let i = begin; i < text.length; i++) {
    const each = text.charAt(i)
    if (each === '"') i = endOfString(text, i)
    else if (each === '{' || each === '[') depth++
    else if ((each === '}' || each === ']') && --depth === 0) return i + 1
  }
  return text.length
}

/** The closing quote of what opens here, or the end. */
function endOfString(text: string, begin: number): number {
  let i = begin + 1
  while (i < text.length && text.charAt(i) !== '"') i += text.charAt(i) === '\\' ? 2 : 1
  return i
}

/**
 * Takes out what is quoted and has a space in it, or is the value of a quoted name: names and ids of ours, which messages
 * quote too, have none. A quotation without an end is one that was cut off.
 */
function withoutQuotes(text: string): string {
  let kept = ''
  let from = 0
  for (let open = text.indexOf('"'); open >= 0; open = text.indexOf('"', from)) {
    const close = text.indexOf('"', open + 1)
    if (close < 0) return `${kept}${text.slice(from, open)}"…`
    const inside = text.slice(open + 1, close)
    const isValue = from > 0 && isColon(text, from, open)
    kept += `${text.slice(from, open)}"${isValue || /\s/.test(inside) ? '…' : inside}"`
    from = close + 1
  }
  return kept + text.slice(from)
}

function isColon(text: string, from: number, to: number): boolean {
  return to - from <= 8 && text.slice(from, to).trim() === ':'
}

/** What is judged by itself: no blank and no sign that stands between a name and its value. */
const word = /[^\s"'`<>(){}[\],;|\\:=&?]+/g

function maskWords(text: string, { isFree, hidesRandom, longestNumber }: Strictness): string {
  let masked = ''
  let open = ''
  let from = 0
  let before = ''
  let isForm = false
  for (const { 0: found, index } of text.matchAll(word)) {
    const end = index + found.length
    const between = text.slice(from, index)
    const isValue = between.length <= 8 && /^["']?\s*[:=]\s*["']?$|^\s+$/.test(between)
    open += between
    isForm = text.charAt(index - 1) === '&' || (isForm && between === '=')
    const isHidden = (isValue && isSecretName(before, between)) || (isFree && isFormValue(text, between, end, isForm))
    const settled = isHidden ? '…' : settle(found, hidesRandom)
    if (settled === undefined) open += found
    else {
      masked += maskNumbers(open, longestNumber) + settled
      open = ''
    }
    before = found
    from = end
  }
  return masked + maskNumbers(open + text.slice(from), longestNumber)
}

/** Whether a word is a value of `name=value&name=value`. */
function isFormValue(text: string, between: string, end: number, isAfterAnd: boolean): boolean {
  return between === '=' && (isAfterAnd || text.charAt(end) === '&')
}

// Ids as this server makes them, and UUIDs.
const ownId = /^[a-z]{2,5}_[0-9a-hjkmnp-tv-z]{26}[.…]?$/
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}[.…]?$/i

/** What stands for the word, once it is certain; undefined when only its digits are left to be looked at. */
function settle(found: string, hidesRandom: boolean): string | undefined {
  if (found.length < 40 && (ownId.test(found) || uuid.test(found))) return found
  const address = maskAddress(found)
  if (address !== undefined) return address
  if (isSecretForm(found) || (hidesRandom && looksRandom(found))) return '…'
  return undefined
}

/** `marta@orchard.example` is `m…@…`; undefined for what is no address: `@scope/package`, a handle. */
function maskAddress(found: string): string | undefined {
  const at = found.search(/@|%40|\uFF20/i)
  if (at < 0) return undefined
  const isHandle = at === 0 && (found.includes('/') || !found.includes('.'))
  if (isHandle || found.charAt(at - 1) === '/') return undefined
  const [first = ''] = found.slice(0, 2)
  return at > 1 && /\p{L}/u.test(first) ? `${first}…@…` : '…@…'
}
