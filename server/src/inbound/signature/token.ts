import { createHash } from 'node:crypto'
import type { Headers, Incoming, Proof, Verdict } from '../source.ts'
import { isAmong } from './compare.ts'
import { isUsable, secretFault } from './secret.ts'
import { mismatchAt, type Refused, refused, soleHeader, verified } from './verdict.ts'

/** Where a sender shows its secret, instead of signing with it. */
export type TokenPlace =
  /** The whole value of a header, or what stands behind `Bearer`. */
  | { header: string; scheme?: 'Bearer' }
  /** A parameter of the query; of several names one may be there. */
  | { parameters: readonly [string, ...string[]] }

/**
 * The proof of a sender that shows the secret itself. It says who sends, and nothing of what: who has seen one request
 * can send any other. Of several places the first at which something is shown decides, whatever stands at the others.
 * @example verify: token({ header: 'authorization', scheme: 'Bearer' })
 */
export function token(
  ...places: readonly [TokenPlace, ...TokenPlace[]]
): (request: Pick<Incoming, 'headers' | 'url'>, proof: Pick<Proof, 'secrets'>) => Verdict {
  return (request, { secrets }) => {
    const missing: string[] = []
    for (const place of places) {
      const sent = readToken(request, place)
      if (typeof sent === 'string') {
        return isToken(sent, secrets) ? verified : mismatchAt(nameOf(place), secrets.filter(isUsable).length)
      }
      if (sent.cause !== 'MISSING_SIGNATURE') return sent
      missing.push(sent.detail)
    }
    return refused('MISSING_SIGNATURE', missing.join(', and '))
  }
}

/** The token that a request shows, or why it shows none: `MISSING_SIGNATURE` when there is nothing at that place. */
export function readToken({ headers, url }: Pick<Incoming, 'headers' | 'url'>, place: TokenPlace): string | Refused {
  return 'header' in place ? headerToken(headers, place) : parameterToken(url, place.parameters)
}

/**
 * Whether a token is one of the secrets. Their SHA-256 is compared, so that neither the time nor an exception tells how
 * long a secret is or how much of it was right.
 */
function isToken(sent: string, secrets: readonly string[]): boolean {
  const digest = digestOf(sent)
  let found = false
  for (const secret of secrets) if (isUsable(secret) && isAmong(digestOf(secret), [digest])) found = true
  return found
}

/**
 * What is wrong with a secret that is shown as a token, in one sentence, or undefined. A token is visible ASCII: senders
 * and proxies do not agree on how a header holds anything else, so it would fit from one of them and not from another.
 */
export function tokenFault(secret: string, shortest: number): string | undefined {
  const fault = secretFault(secret, shortest)
  if (fault) return fault
  return isVisible(secret)
    ? undefined
    : 'the secret has white space or characters beyond ASCII; a token is letters, digits and signs of ASCII alone'
}

function headerToken(headers: Headers, { header, scheme }: { header: string; scheme?: 'Bearer' }): string | Refused {
  const value = soleHeader(headers, header)
  if (typeof value !== 'string') return value
  // The scheme is written in any case: https://www.rfc-editor.org/rfc/rfc9110#section-11.1
  const sent = scheme ? /^bearer +(.*)$/i.exec(value)?.[1] : value
  if (sent !== undefined && isVisible(sent)) return sent
  const form = `${scheme ? `"${scheme}" and ` : ''}a token of visible ASCII characters`
  return refused('MALFORMED_SIGNATURE', `header ${header} is not ${form}`)
}

function parameterToken(url: string, names: readonly [string, ...string[]]): string | Refused {
  const values = parameters(url)
    .filter(({ name }) => name !== undefined && names.includes(name))
    .map(({ value }) => value)
  const [sent] = values
  const place = nameOf({ parameters: names })
  if (values.length === 0) return refused('MISSING_SIGNATURE', `${place} is missing`)
  if (values.length > 1) return refused('MALFORMED_SIGNATURE', `${place} came ${values.length} times`)
  if (sent && isVisible(sent)) return sent
  return refused('MALFORMED_SIGNATURE', `${place} is not a token of visible ASCII characters, percent-encoded`)
}

/** A `+` stays one: tokens in base64 have it and no white space, and not every sender writes it as `%2B`. */
function parameters(url: string): { name: string | undefined; value: string | undefined }[] {
  const begin = url.indexOf('?')
  if (begin < 0) return []
  return url
    .slice(begin + 1)
    .split('&')
    .map((part) => {
      const equals = part.indexOf('=')
      const name = equals < 0 ? part : part.slice(0, equals)
      return { name: decoded(name), value: decoded(equals < 0 ? '' : part.slice(equals + 1)) }
    })
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function nameOf(place: TokenPlace): string {
  return 'header' in place ? `header ${place.header}` : `parameter ${place.parameters.join(' or ')}`
}

function isVisible(text: string): boolean {
  return /^[!-~]+$/.test(text)
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
