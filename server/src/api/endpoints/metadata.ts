import { z } from 'zod'

const mostBytes = 4096

/** What an owner keeps beside an endpoint. */
export const metadataInput = z
  .record(z.string(), z.unknown())
  .refine(isSmall, `must be at most ${mostBytes} bytes of JSON`)
  .meta({ description: 'A JSON object of your own, at most 4 KiB. It is kept and shown, and means nothing here.' })

function isSmall(value: object): boolean {
  try {
    return Buffer.byteLength(JSON.stringify(value)) <= mostBytes
  } catch {
    // Nested so deep that writing it runs out of stack, which takes far more than these bytes.
    return false
  }
}
