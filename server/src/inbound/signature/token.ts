import { createHash, timingSafeEqual } from 'node:crypto'
import type { Headers, Incoming, Proof, Verdict } from '../source.ts'
import { isUsable } from './secret.ts'
import { mismatch, type Refused, refused, soleHeader, verified } from './verdict.ts'

/** The longest token that is compared; longer ones are refused unread. */
const mostCharacters = 4096

/**
 * The proof of a provider that sends the secret itself in a header: nothing of the body is signed.
 * @example verify: tokenHeader('x-gitlab-token')
 */
export function tokenHeader(
  header: string,
): (request: Pick<Incoming, 'headers'>, proof: Pick<Proof, 'secrets'>) => Verdict {
  return ({ headers }, { secrets }) => {
    const sent = soleHeader(headers, header)
    return typeof sent === 'string' ? judge(sent, header, secrets) : sent
  }
}

/**
 * The proof of a provider that sends the secret as a bearer token: in the header `Authorization`, or else in the query as
 * `access_token`. https://www.rfc-editor.org/rfc/rfc6750#section-2
 */
export function bearerToken(
  { headers, url }: Pick<Incoming, 'headers' | 'url'>,
  { secrets }: Pick<Proof, 'secrets'>,
): Verdict {
  const sent = headers.all('authorization').length > 0 ? bearerIn(headers) : queryToken(url)
  return typeof sent === 'string' ? judge(sent, 'authorization', secrets) : sent
}

function judge(sent: string, header: string, secrets: readonly string[]): Verdict {
  if (sent === '' || sent.length > mostCharacters) {
    return refused('MALFORMED_SIGNATURE', `header ${header} is not 1 to ${mostCharacters} characters`)
  }
  const keys = secrets.filter(isUsable)
  return isAmongTokens(sent, keys) ? verified : mismatch(header, keys.length)
}

/** Whether a text is one of the tokens. Digests are compared, so that the time tells neither what was right nor how long it is. */
function isAmongTokens(sent: string, tokens: readonly string[]): boolean {
  // Node gives each byte of a header as one character; a token beyond ASCII is compared by its bytes.
  const digest = sha256(Buffer.from(sent, 'latin1'))
  let found = false
  for (const token of tokens) {
    if (timingSafeEqual(sha256(Buffer.from(token, 'utf8')), digest)) found = true
  }
  return found
}

function bearerIn(headers: Headers): string | Refused {
  const sent = soleHeader(headers, 'authorization')
  if (typeof sent !== 'string') return sent
  const token = /^Bearer +([!-~]+)$/i.exec(sent)?.[1]
  return token ?? refused('MALFORMED_SIGNATURE', 'header authorization is not "Bearer" and a token')
}

function queryToken(url: string): string | Refused {
  const tokens = new URLSearchParams(url.split('?')[1] ?? '').getAll('access_token')
  const [token] = tokens
  if (token === undefined) {
    return refused('MISSING_SIGNATURE', 'header authorization is missing, and so is the query’s access_token')
  }
  if (tokens.length > 1) return refused('MALFORMED_SIGNATURE', `the query has access_token ${tokens.length} times`)
  return Buffer.from(token, 'utf8').toString('latin1')
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()
