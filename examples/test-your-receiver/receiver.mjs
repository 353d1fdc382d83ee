import { VerificationError, verify } from '@trunkline/sdk'

/** Takes deliveries: answers the status, and hands each event over once. */
export function createReceiver(secret, take) {
  const known = new Set()
  return (headers, rawBody) => {
    try {
      const { id } = verify(rawBody, headers, secret)
      if (!known.has(id)) take(JSON.parse(Buffer.from(rawBody).toString()))
      known.add(id)
      return 200
    } catch (error) {
      if (error instanceof VerificationError) return 401
      throw error
    }
  }
}
