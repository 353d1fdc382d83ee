import { createHmac } from 'node:crypto'
import type { Headers, Incoming, Proof, Verdict } from '../source.ts'
import { decodeExactly, isAmong, mostSignatures } from './compare.ts'
import { isSignedWith } from './ed25519.ts'
import { standardKey, standardPublicKey } from './secret.ts'
import { parseSeconds } from './timestamp.ts'
import { mismatch, refused, soleHeader, verifiedInTime } from './verdict.ts'

/**
 * The proof of Standard Webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,<base64> [v1,<base64>…]`,
 * each `v1` an HMAC-SHA256 of `<id>.<seconds>.<body>` with a `whsec_` secret, each `v1a` an Ed25519 signature of the same
 * for a `whpk_` public key. Svix and those who send through it (Clerk, Resend) name the three `svix-…`. Versions that no
 * secret of the source is for are passed over.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#verifying-webhook-authenticity
 */
export function standardWebhooks(
  { headers, body }: Incoming,
  { secrets, now, config }: Proof<{ toleranceSeconds: number }>,
): Verdict {
  const names = headerNames(headers)
  const sent = soleHeader(headers, names.signature)
  if (typeof sent !== 'string') return sent
  const id = soleHeader(headers, names.id)
  if (typeof id !== 'string') return id
  const time = soleHeader(headers, names.time)
  if (typeof time !== 'string') return time
  // A dot in the id would let bytes move between id, time and body without changing what was signed.
  if (!/^[!-\-/-~]{1,255}$/.test(id)) {
    return refused('MALFORMED_SIGNATURE', `header ${names.id} is not 1 to 255 visible characters without a dot`)
  }
  const seconds = parseSeconds(time)
  if (seconds === undefined) return refused('MALFORMED_SIGNATURE', `header ${names.time} is not digits`)
  const keys = keysOf(secrets)
  const signatures = read(sent, keys)
  if (signatures.v1.length + signatures.v1a.length === 0) {
    return refused('MALFORMED_SIGNATURE', `header ${names.signature} has no ${wantedBy(keys)} in base64`)
  }
  const isGenuine = fits({ head: `${id}.${time}.`, body }, keys, signatures)
  return isGenuine
    ? verifiedInTime(names.time, seconds, now, config.toleranceSeconds)
    : mismatch(names.signature, keys.v1.length + keys.v1a.length)
}

/** The id of a verified request: the one that was signed, whatever other headers came beside it. */
export function standardId(headers: Headers): string | undefined {
  return headers.get(headerNames(headers).id)
}

// The signature's header decides: a forged `webhook-id` beside a genuine `svix-signature` is never looked at.
function headerNames(headers: Headers): typeof standard {
  if (headers.all(standard.signature).length > 0) return standard
  return headers.all(svix.signature).length > 0 || headers.all(svix.id).length > 0 ? svix : standard
}

const standard = { id: 'webhook-id', time: 'webhook-timestamp', signature: 'webhook-signature' }
const svix = { id: 'svix-id', time: 'svix-timestamp', signature: 'svix-signature' }

/** Something of both versions: keys, or signatures. */
interface ByVersion {
  v1: readonly Buffer[]
  v1a: readonly Buffer[]
}

function keysOf(secrets: readonly string[]): ByVersion {
  const keys = (read: (secret: string) => Buffer | undefined) => secrets.map(read).filter((key) => key !== undefined)
  return { v1: keys(standardKey), v1a: keys(standardPublicKey) }
}

/** The signatures of the versions that there are keys for; of both when there is no key at all, so that the cause is the key. */
function read(sent: string, keys: ByVersion): ByVersion {
  const v1: Buffer[] = []
  const v1a: Buffer[] = []
  for (const part of sent.split(' ')) {
    if (v1.length + v1a.length === mostSignatures) break
    const signature = { v1: signatureIn(part, 'v1,', 32), v1a: signatureIn(part, 'v1a,', 64) }
    if (signature.v1 && (keys.v1.length > 0 || keys.v1a.length === 0)) v1.push(signature.v1)
    if (signature.v1a && (keys.v1a.length > 0 || keys.v1.length === 0)) v1a.push(signature.v1a)
  }
  return { v1, v1a }
}

function signatureIn(part: string, version: string, length: number): Buffer | undefined {
  return part.startsWith(version) ? decodeExactly(part.slice(version.length), 'base64', length) : undefined
}

function wantedBy(keys: ByVersion): string {
  if (keys.v1a.length === 0 && keys.v1.length > 0) return '"v1," with 32 bytes'
  if (keys.v1.length === 0 && keys.v1a.length > 0) return '"v1a," with 64 bytes'
  return '"v1," with 32 bytes or "v1a," with 64 bytes'
}

function fits(signed: { head: string; body: Buffer }, keys: ByVersion, signatures: ByVersion): boolean {
  for (const key of signatures.v1.length > 0 ? keys.v1 : []) {
    const expected = createHmac('sha256', key).update(signed.head, 'latin1').update(signed.body).digest()
    if (isAmong(expected, signatures.v1)) return true
  }
  if (keys.v1a.length === 0 || signatures.v1a.length === 0) return false
  const message = Buffer.concat([Buffer.from(signed.head, 'latin1'), signed.body])
  return keys.v1a.some((key) => signatures.v1a.some((signature) => isSignedWith(key, message, signature)))
}
