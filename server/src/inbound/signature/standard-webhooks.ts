import { createHmac } from 'node:crypto'
import type { Headers, Incoming, Proof, Verdict } from '../source.ts'
import { decodeExactly, isAmong, mostSignatures } from './compare.ts'
import { standardKey } from './secret.ts'
import { parseSeconds } from './timestamp.ts'
import { mismatch, refused, soleHeader, verifiedInTime } from './verdict.ts'

/**
 * The proof of Standard Webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,<base64> [v1,<base64>…]`,
 * each `v1` an HMAC-SHA256 of `<id>.<seconds>.<body>`. Svix and those who send through it (Clerk, Resend) name the same
 * three `svix-…`. Versions other than `v1` are passed over, `v1a` (public keys) too.
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
  const signatures = read(sent)
  if (signatures.length === 0) {
    return refused('MALFORMED_SIGNATURE', `header ${names.signature} has no "v1," with 32 bytes in base64`)
  }
  const keys = secrets.map(standardKey).filter((key) => key !== undefined)
  for (const key of keys) {
    const expected = createHmac('sha256', key).update(`${id}.${time}.`, 'latin1').update(body).digest()
    if (isAmong(expected, signatures)) return verifiedInTime(names.time, seconds, now, config.toleranceSeconds)
  }
  return mismatch(names.signature, keys.length)
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

function read(sent: string): Buffer[] {
  const signatures: Buffer[] = []
  for (const part of sent.split(' ')) {
    if (signatures.length === mostSignatures) break
    if (!part.startsWith('v1,')) continue
    const signature = decodeExactly(part.slice(3), 'base64', 32)
    if (signature) signatures.push(signature)
  }
  return signatures
}
