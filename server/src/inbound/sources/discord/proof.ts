import { decodeExactly } from '../../signature/compare.ts'
import { ed25519KeyBytes, ed25519SignatureBytes, isSignedWith, isSoundKey } from '../../signature/ed25519.ts'
import { isUsable } from '../../signature/secret.ts'
import { parseSeconds } from '../../signature/timestamp.ts'
import { mismatch, refused, soleHeader, verifiedInTime } from '../../signature/verdict.ts'
import type { Incoming, Proof, Verdict } from '../../source.ts'

const signatureHeader = 'x-signature-ed25519'
const timeHeader = 'x-signature-timestamp'

/**
 * The proof of Discord: an Ed25519 signature in hex of `<seconds><body>`, with nothing between them. A digit that moved from
 * one to the other would make the time ten times another, which no tolerance allows. Discord itself names no tolerance.
 * https://docs.discord.com/developers/interactions/overview#validating-security-request-headers
 */
export function verify(
  { headers, body }: Incoming,
  { secrets, now, config }: Proof<{ toleranceSeconds: number }>,
): Verdict {
  const sent = soleHeader(headers, signatureHeader)
  if (typeof sent !== 'string') return sent
  const time = soleHeader(headers, timeHeader)
  if (typeof time !== 'string') return time
  const seconds = parseSeconds(time)
  if (seconds === undefined) return refused('MALFORMED_SIGNATURE', `header ${timeHeader} is not digits`)
  const signature = decodeExactly(sent, 'hex', ed25519SignatureBytes)
  if (!signature) {
    return refused('MALFORMED_SIGNATURE', `header ${signatureHeader} is not ${ed25519SignatureBytes} bytes in hex`)
  }
  const message = Buffer.concat([Buffer.from(time, 'latin1'), body])
  const keys = secrets.map(publicKeyOf).filter((key) => key !== undefined)
  if (keys.some((key) => isSignedWith(key, message, signature))) {
    return verifiedInTime(timeHeader, seconds, now, config.toleranceSeconds)
  }
  return mismatch(signatureHeader, keys.length)
}

/** What is wrong with the public key that stands in the place of a secret, in one sentence, or undefined. */
export function publicKeyFault(secret: string): string | undefined {
  if (!isUsable(secret)) return `the public key is missing; ${whereItStands}`
  if (publicKeyOf(secret)) return undefined
  const key = bytesOf(secret)
  if (!key) {
    return `the public key is not ${ed25519KeyBytes * 2} hex digits (it has ${secret.length} characters); ${whereItStands}`
  }
  return 'the public key is one for which anyone can sign'
}

const whereItStands =
  'Discord shows it on the application’s page General Information, and it is neither token nor client secret'

function publicKeyOf(secret: string): Buffer | undefined {
  const key = bytesOf(secret)
  return key && isSoundKey(key) ? key : undefined
}

function bytesOf(secret: string): Buffer | undefined {
  return decodeExactly(secret.toLowerCase(), 'hex', ed25519KeyBytes)
}
