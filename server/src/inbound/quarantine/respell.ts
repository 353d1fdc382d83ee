import { isUtf8 } from 'node:buffer'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'

/** A body as it may have been before something on the way wrote it anew. */
export interface Spelling {
  /** What was done to it, so that the sentence "somebody …" is right. */
  change: string
  body: Buffer
}

/** A compressed body is unpacked no further than this. */
const mostUnpacked = 4 * 1024 * 1024
const byteOrderMark = '\u{FEFF}'

/**
 * What a body may have been when it was signed: each way in which proxies and frameworks write bodies anew, undone. So many
 * ways and no more, each in time that grows with the body; those that change nothing are left out. JSON is respelled as
 * text, so that numbers beyond 2^53 and repeated keys stay what they are.
 */
export function* spellings(body: Buffer, contentEncoding: string | undefined): Generator<Spelling> {
  for (const { change, body: make } of ways(body, contentEncoding)) {
    const made = make()
    if (made !== undefined && !made.equals(body)) yield { change, body: made }
  }
}

interface WayBack {
  change: string
  body(): Buffer | undefined
}

function ways(body: Buffer, contentEncoding: string | undefined): WayBack[] {
  const packed: WayBack = {
    change: `compressed the body (${contentEncoding ?? 'none'}) after it was signed`,
    body: () => unpacked(body, contentEncoding),
  }
  if (!isUtf8(body)) return [packed]
  const text = body.toString('utf8')
  const as = (change: string, make: () => string | undefined): WayBack => ({
    change,
    body() {
      const made = make()
      return made === undefined ? undefined : Buffer.from(made)
    },
  })
  return [
    packed,
    as('took white space at an end of the body for its own (a line’s end was added)', () => text.trim()),
    as('took away the line’s end of the body', () => `${text}\n`),
    as('took away the line’s end of the body (CR LF)', () => `${text}\r\n`),
    as('wrote the body’s line ends as CR LF', () => text.replaceAll('\r\n', '\n')),
    as('wrote the body’s line ends as LF', () => text.replaceAll('\r\n', '\n').replaceAll('\n', '\r\n')),
    as('put a byte-order mark before the body', () => (text.startsWith(byteOrderMark) ? text.slice(1) : undefined)),
    as('took the byte-order mark away from the body', () => byteOrderMark + text),
    ...jsonWays(text, as),
    as('decoded the form', () => encodedForm(text)),
  ]
}

function jsonWays(text: string, as: (change: string, make: () => string | undefined) => WayBack): WayBack[] {
  const tokens = jsonTokens(text)
  if (!tokens) return []
  const compact = () => spaced(tokens, '', '')
  const loose = () => spaced(tokens, ' ', ' ')
  const written = 'wrote the JSON anew'
  return [
    as(`${written}, with other white space (it was compact)`, compact),
    as(`${written}, with other white space (it had a space behind each comma and colon)`, loose),
    as(`${written}, with other white space (it was indented by two)`, () => indented(tokens)),
    as(`${written}, and wrote \\u escapes as characters`, () => escaped(text)),
    as(`${written}, and wrote \\u escapes as characters (it was compact)`, () => escaped(compact())),
    as(`${written}, and wrote \\u escapes as characters (it had spaces)`, () => escaped(loose())),
    as(`${written}, and wrote characters as \\u escapes`, () => unescaped(text)),
    as(`${written}, and wrote characters as \\u escapes (it was compact)`, () => unescaped(compact())),
    as(`${written}, and wrote \\/ as /`, () => escapedSlashes(compact())),
    as(`${written}, and wrote / as \\/`, () => plainSlashes(text)),
  ]
}

/** The tokens of a JSON text, its white space left out; undefined for a text that is none. */
function jsonTokens(text: string): string[] | undefined {
  const plain = text.startsWith(byteOrderMark) ? text.slice(1) : text
  try {
    JSON.parse(plain)
  } catch {
    return undefined
  }
  const tokens: string[] = []
  for (let at = 0; at < plain.length; ) {
    const end = endOfToken(plain, at)
    if (!isSpace(plain[at])) tokens.push(plain.slice(at, end))
    at = end
  }
  return tokens
}

const isSpace = (character = ' '): boolean => ' \n\r\t'.includes(character)
const isMark = (character = ''): boolean => '{}[],:'.includes(character)

/** The place after the string, the mark, the word or the one white space that begins here. */
function endOfToken(text: string, begin: number): number {
  if (isSpace(text[begin]) || isMark(text[begin])) return begin + 1
  let at = begin + 1
  if (text[begin] === '"') {
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    return at + 1
  }
  while (at < text.length && !isSpace(text[at]) && !isMark(text[at]) && text[at] !== '"') at++
  return at
}

function spaced(tokens: readonly string[], behindComma: string, behindColon: string): string {
  return tokens.map((token) => (token === ',' ? `,${behindComma}` : token === ':' ? `:${behindColon}` : token)).join('')
}

/** Undefined where white space would come to more than anybody sends. */
function indented(tokens: readonly string[]): string | undefined {
  const parts: string[] = []
  let depth = 0
  let spaces = 0
  const breakLine = () => {
    spaces += 2 * depth
    if (spaces <= mostSpaces) parts.push('\n', '  '.repeat(depth))
  }
  for (const [i, token] of tokens.entries()) {
    if (isCloser(token)) {
      depth--
      if (!isOpener(tokens[i - 1])) breakLine()
    }
    parts.push(token === ':' ? ': ' : token)
    if (isOpener(token)) depth++
    if (token === ',' || (isOpener(token) && !isCloser(tokens[i + 1]))) breakLine()
    if (spaces > mostSpaces) return undefined
  }
  return parts.join('')
}

const mostSpaces = 4 * 1024 * 1024
const isCloser = (token: string | undefined): boolean => token === '}' || token === ']'
const isOpener = (token: string | undefined): boolean => token === '{' || token === '['

const escaped = (text: string): string =>
  text.replace(/[\u0080-\uffff]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** A `\u` escape behind a backslash that is itself escaped is none. Control characters and quotes stay escaped. */
function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|.)/g, (whole, hex: string | undefined) => {
    const code = hex === undefined ? 0 : Number.parseInt(hex, 16)
    return code >= 0x20 && code !== 0x22 && code !== 0x5c ? String.fromCharCode(code) : whole
  })
}

// Escapes are taken whole: the backslash before the slash in `\\\\/` is itself escaped.
const escapedSlashes = (text: string): string => text.replace(/\\.|\//gs, (each) => (each === '/' ? '\\/' : each))
const plainSlashes = (text: string): string => text.replace(/\\./gs, (each) => (each === '\\/' ? '/' : each))

/** A form whose one field was decoded, as it was: `payload={"a":1}`. */
function encodedForm(text: string): string | undefined {
  const [, name, value] = /^([\w.-]{1,100})=(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) return undefined
  return `${name}=${new URLSearchParams([['', value]]).toString().slice(1)}`
}

function unpacked(body: Buffer, encoding: string | undefined): Buffer | undefined {
  const options = { maxOutputLength: mostUnpacked }
  try {
    switch (encoding?.trim().toLowerCase()) {
      case 'gzip':
      case 'x-gzip':
        return gunzipSync(body, options)
      case 'deflate':
        return inflateSync(body, options)
      case 'br':
        return brotliDecompressSync(body, options)
      default:
        return undefined
    }
  } catch {
    return undefined // it is not what it says, or is larger than anything that is tried
  }
}
