import { createHmac } from 'node:crypto'
import { decodeExactly, isAmong } from '../../signature/compare.ts'
import { isUsable } from '../../signature/secret.ts'
import { parseSeconds } from '../../signature/timestamp.ts'
import { mismatch, refused, soleHeader, verifiedInTime } from '../../signature/verdict.ts'
import type { Incoming, Proof, Verdict } from '../../source.ts'

const signatureHeader = 'x-slack-signature'
const timeHeader = 'x-slack-request-timestamp'
const version = 'v0='

/**
 * The proof of Slack: `v0=<hex>`, an HMAC-SHA256 of `v0:<seconds>:<body>`. Slack's SDK for Node forgives any time in the
 * future; this does not.
 * https://api.slack.com/docs/verifying-requests-from-slack
 */
export function verify(
  { headers, body }: Incoming,
  { secrets, now, config }: Proof<{ toleranceSeconds: number }>,
): Verdict {
  const sent = soleHeader(headers, signatureHeader)
  if (typeof sent !== 'string') return sent
  const time = soleHeader(headers, timeHeader)
  if (typeof time !== 'string') return time
  // Digits alone: a colon in the time would let bytes move between it and the body without changing what was signed.
  const seconds = parseSeconds(time)
  if (seconds === undefined) return refused('MALFORMED_SIGNATURE', `header ${timeHeader} is not digits`)
  const signature = sent.startsWith(version) ? decodeExactly(sent.slice(version.length), 'hex', 32) : undefined
  if (!signature) return refused('MALFORMED_SIGNATURE', `header ${signatureHeader} is not "v0=" and 32 bytes in hex`)
  const keys = secrets.filter(isUsable)
  for (const key of keys) {
    const expected = createHmac('sha256', key).update(`v0:${time}:`, 'latin1').update(body).digest()
    if (isAmong(expected, [signature])) return verifiedInTime(timeHeader, seconds, now, config.toleranceSeconds)
  }
  return mismatch(signatureHeader, keys.length)
}
