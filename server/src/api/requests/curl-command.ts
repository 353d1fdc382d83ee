import { isUtf8 } from 'node:buffer'
import type { RawHeaders } from '../../inbound/content-type.ts'
import { isMaskedHeader, maskedParameter } from '../../inbound/mask.ts'
import { isPlain, quoted, type Variable, word } from './shell.ts'

/** A request as it was kept. */
export interface KeptRequest {
  id: string
  method: string
  /** Path and query, masked. */
  url: string
  headers: RawHeaders
}

/** Some systems refuse more than 128 KiB in one word. */
const longestWord = 100_000

/** What belongs to the connection, and what curl works out for itself. */
const ownHeader =
  /^(host|connection|keep-alive|proxy-connection|content-length|transfer-encoding|te|trailer|upgrade|expect)$/i

/**
 * A command for a shell that sends a request again: the same headers, the same bytes. What was masked is a variable, and
 * the shell stops with its name when it is not set. `address` is where it goes, or what is to be set to that; `body` is
 * undefined for one that is too long for a command, which then fetches it.
 */
export function curlCommand(request: KeptRequest, address: string | Variable, body: Uint8Array | undefined): string {
  const secret = nameSecrets()
  const lines = [
    // Brackets in a query are no pattern.
    `curl -sS -g ${word(address, ...queryOf(request.url, secret))}`,
    ...(request.method === 'POST' ? [] : [`-X ${word(request.method)}`]),
    ...headerLines(request.headers, secret),
  ]
  const command = (more: string) => [...lines, more].join(' \\\n  ')
  if (body === undefined) return `${fetchBody(request.id)} |\n${command('--data-binary @-')}\n`
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()
  if (isUtf8(body) && body.length < longestWord && isPlain(text)) return `${command(`--data-raw ${quoted(text)}`)}\n`
  const base64 = Buffer.from(body).toString('base64').replaceAll(/.{76}/g, '$&\n').trimEnd()
  return `base64 -d <<'END' | ${command('--data-binary @-')}\n${base64}\nEND\n`
}

/** `SECRET`, then `SECRET_2` and so on. */
function nameSecrets(): (what: string) => Variable {
  let count = 0
  return (what) => ({ name: ++count === 1 ? 'SECRET' : `SECRET_${count}`, what })
}

/** What stands behind the path, with its question mark. */
function queryOf(url: string, secret: (what: string) => Variable): (string | Variable)[] {
  const at = url.indexOf('?')
  if (at < 0) return []
  return url
    .slice(at + 1)
    .split('&')
    .flatMap((parameter, i) => {
      const begin = i === 0 ? '?' : '&'
      const name = maskedParameter(parameter)
      return name === undefined ? [begin + parameter] : [`${begin}${name}=`, secret(`the parameter ${name}`)]
    })
}

function headerLines(headers: RawHeaders, secret: (what: string) => Variable): string[] {
  const sent = headers.filter(([name]) => !ownHeader.test(name))
  const names = new Set(headers.map(([name]) => name.toLowerCase()))
  // Without a value curl leaves out what it would send by itself.
  const unsaid = ['Content-Type', 'User-Agent', 'Accept', 'Expect'].filter((name) => !names.has(name.toLowerCase()))
  return [
    ...sent.map(([name, value]) => {
      if (isMaskedHeader(name, value)) return `-H ${word(`${name}: `, secret(`the header ${name}`))}`
      return `-H ${word(value === '' ? `${name};` : `${name}: ${value}`)}`
    }),
    ...unsaid.map((name) => `-H ${word(`${name}:`)}`),
  ]
}

function fetchBody(id: string): string {
  const server = word({ name: 'TRUNKLINE_URL', what: 'where the API is' }, `/api/v1/requests/${id}/body`)
  return `curl -sS ${server} -H ${word('Authorization: Bearer ', { name: 'TRUNKLINE_API_KEY', what: 'an API key' })}`
}
