import type { BodyLook } from './body-look.ts'
import { firstValue, mediaTypeOf, type RawHeaders } from './content-type.ts'
import type { SourceDefinition } from './source.ts'

export const noteCodes = [
  'NO_CONTENT_TYPE',
  'CONTENT_TYPE_UNLIKE_BODY',
  'UNUSUAL_CONTENT_TYPE',
  'UNUSUAL_SENDER',
  'COMPRESSED',
  'BYTE_ORDER_MARK',
  'DOUBLED_HEADER',
] as const

/** Something odd about a request, for whoever wonders about it. It is never the reason of a verdict. */
export interface Note {
  code: (typeof noteCodes)[number]
  /** One sentence. */
  text: string
}

/** What is noted about a request: its headers, and its body where that was kept. */
export function notesOf(
  headers: RawHeaders,
  body: BodyLook | undefined,
  kind: Pick<SourceDefinition, 'title' | 'usual'> | undefined,
): Note[] {
  const notes = [
    contentTypeNote(headers, body),
    ...(kind?.usual ? [usualTypeNote(headers, kind), usualSenderNote(headers, kind)] : []),
    compressionNote(headers, body),
    markNote(body),
    doubledNote(headers),
  ]
  return notes.filter((each) => each !== undefined)
}

function contentTypeNote(headers: RawHeaders, body: BodyLook | undefined): Note | undefined {
  if (body === undefined || body.bytes.length === 0) return undefined
  const type = mediaTypeOf(headers)
  if (type === undefined) return { code: 'NO_CONTENT_TYPE', text: 'It has a body and no content type.' }
  const isUnlike =
    (/[/+]json$/.test(type) && body.kind !== 'json') ||
    (type === 'application/x-www-form-urlencoded' && body.kind !== 'form') ||
    (type.startsWith('text/') && body.kind === 'binary')
  if (!isUnlike) return undefined
  const text = `The content type is ${quoted(type)}, and the body is ${kindWords[body.kind]}.`
  return { code: 'CONTENT_TYPE_UNLIKE_BODY', text }
}

const kindWords = { json: 'JSON', text: 'other text', form: 'a form', binary: 'no text' } as const

type Kind = Pick<SourceDefinition, 'title' | 'usual'>

function usualTypeNote(headers: RawHeaders, { title, usual }: Kind): Note | undefined {
  const type = mediaTypeOf(headers)
  const known = usual?.contentTypes
  if (type === undefined || known === undefined || known.includes(type)) return undefined
  const text = `${title} usually sends ${known.join(' or ')}, and this is ${quoted(type)}.`
  return { code: 'UNUSUAL_CONTENT_TYPE', text }
}

function usualSenderNote(headers: RawHeaders, { title, usual }: Kind): Note | undefined {
  const agent = firstValue(headers, 'user-agent')
  const known = usual?.userAgent
  if (known === undefined || agent?.toLowerCase().startsWith(known.toLowerCase())) return undefined
  const called = agent === undefined ? 'this sender does not say what it is' : `this one is ${quoted(agent)}`
  return { code: 'UNUSUAL_SENDER', text: `${title} calls its sender "${known}…", and ${called}.` }
}

/** How compressed bytes begin. */
const magic: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['gzip', Buffer.from([0x1f, 0x8b])],
  ['zip', Buffer.from([0x50, 0x4b, 0x03, 0x04])],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
]

function compressionNote(headers: RawHeaders, body: BodyLook | undefined): Note | undefined {
  const encoding = firstValue(headers, 'content-encoding')?.trim().toLowerCase()
  if (encoding !== undefined && encoding !== '' && encoding !== 'identity') {
    const text = `The body came with the content encoding ${quoted(encoding)}; it is kept as it came.`
    return { code: 'COMPRESSED', text }
  }
  const found = magic.find(([, bytes]) => body?.bytes.subarray(0, bytes.length).equals(bytes))
  return found && { code: 'COMPRESSED', text: `The body begins as ${found[0]} does; it is kept as it came.` }
}

/** https://www.unicode.org/faq/utf_bom.html */
const marks: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['UTF-8', Buffer.from([0xef, 0xbb, 0xbf])],
  ['UTF-16', Buffer.from([0xff, 0xfe])],
  ['UTF-16', Buffer.from([0xfe, 0xff])],
]

function markNote(body: BodyLook | undefined): Note | undefined {
  const found = marks.find(([, bytes]) => body?.bytes.subarray(0, bytes.length).equals(bytes))
  return found && { code: 'BYTE_ORDER_MARK', text: `The body begins with a byte-order mark of ${found[0]}.` }
}

/** Lists that each server on the way may add a line to. */
const mayRepeat = /^(via|forwarded|x-forwarded-.*|accept.*|cookie|cache-control|link|warning)$/

function doubledNote(headers: RawHeaders): Note | undefined {
  const names = headers.map(([name]) => name.toLowerCase())
  const doubled = [...new Set(names.filter((name, i) => names.indexOf(name) !== i && !mayRepeat.test(name)))]
  if (doubled.length === 0) return undefined
  return { code: 'DOUBLED_HEADER', text: `It came more than once: ${doubled.slice(0, 5).map(quoted).join(', ')}.` }
}

/** A word of the sender's within a sentence. */
const quoted = (text: string): string => `"${text.length > 80 ? `${text.slice(0, 80)}…` : text}"`
