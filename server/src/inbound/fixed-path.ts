import { randomBytes } from 'node:crypto'
import { secretFault } from './signature/secret.ts'
import { Headers, type SourceDefinition } from './source.ts'

/** What is wrong with a token that names a source, in one sentence, or undefined. */
export function tokenFault(token: string): string | undefined {
  if (!/^[\x21-\x7e]*$/.test(token)) return 'the token has characters that cannot stand in a header'
  return secretFault(token, 8)?.replace(/^the secret/, 'the token')
}

/** A new token: 192 random bits that need no escaping. */
export const makeToken = (): string => randomBytes(24).toString('base64url')

/**
 * The URL of a kind's fixed path, with the token in it where the kind reads it there: `…/webhook?t=…`. Undefined for a kind
 * that has no such path.
 */
export function fixedUrl({ fixedPath }: SourceDefinition, publicUrl: string, token?: string): string | undefined {
  if (!fixedPath) return undefined
  const url = `${publicUrl}${fixedPath.path}`
  if (token === undefined) return url
  const query = `?t=${encodeURIComponent(token)}`
  const asked = fixedPath.token?.({
    method: 'POST',
    url: fixedPath.path + query,
    address: url + query,
    isAddressed: false,
    headers: new Headers([]),
    body: Buffer.alloc(0),
  })
  return asked === token ? url + query : url
}
