import { createHmac } from 'node:crypto'
import type { Incoming, Proof, Verdict } from '../source.ts'
import { decodeExactly, isAmong, mostSignatures } from './compare.ts'
import { hmacKeys } from './secret.ts'
import { parseSeconds } from './timestamp.ts'
import { mismatch, refused, soleHeader, verifiedInTime } from './verdict.ts'

/**
 * The proof of Stripe and those who copied it: one header `t=<seconds>,v1=<hex>[,v1=<hex>…]`, each `v1` an HMAC-SHA256 of
 * `<seconds>.<body>` with the whole secret as the key. Other versions are passed over: Stripe sends a `v0` with its test
 * events. Stripe's SDKs forgive any time in the future; this does not.
 * https://docs.stripe.com/webhooks#verify-manually
 * @example verify: signedTime({ header: 'stripe-signature' })
 */
export function signedTime(scheme: {
  header: string
}): (request: Incoming, proof: Proof<{ toleranceSeconds: number }>) => Verdict {
  const { header } = scheme
  return ({ headers, body }, proof) => {
    const sent = soleHeader(headers, header)
    if (typeof sent !== 'string') return sent
    const { times, signatures } = read(sent)
    const [time] = times
    // Two times would let the one that is checked differ from the one that was signed.
    if (time === undefined || times.length > 1) {
      return refused('MALFORMED_SIGNATURE', `header ${header} has ${times.length} times "t=", and needs one`)
    }
    const seconds = parseSeconds(time)
    if (seconds === undefined) return refused('MALFORMED_SIGNATURE', `header ${header} has a time that is not digits`)
    if (signatures.length === 0) {
      return refused('MALFORMED_SIGNATURE', `header ${header} has no "v1=" with 32 bytes in hex`)
    }
    const keys = hmacKeys(proof)
    for (const key of keys) {
      const expected = createHmac('sha256', key).update(`${time}.`, 'latin1').update(body).digest()
      if (isAmong(expected, signatures))
        return verifiedInTime(header, seconds, proof.now, proof.config.toleranceSeconds)
    }
    return mismatch(header, keys.length)
  }
}

function read(sent: string): { times: string[]; signatures: Buffer[] } {
  const times: string[] = []
  const signatures: Buffer[] = []
  for (const part of sent.split(',')) {
    if (part.startsWith('t=')) times.push(part.slice(2))
    else if (part.startsWith('v1=') && signatures.length < mostSignatures) {
      const signature = decodeExactly(part.slice(3), 'hex', 32)
      if (signature) signatures.push(signature)
    }
  }
  return { times, signatures }
}
