import type { IncomingMessage } from 'node:http'
import { Problem } from '../base/errors.ts'
import type { Meter } from '../base/meter.ts'
import type { Pace } from './pace.ts'

/** How much of bodies may be in hand at once, over all connections. */
export interface BodyBudget {
  take(bytes: number): boolean
  giveBack(bytes: number): void
}

/** 256 MiB: a flood of large bodies, or a database that hangs, is met with 503 before the memory is gone. */
export const budgetBytes = 256 * 1024 * 1024

export function createBudget(meter: Meter, limit = budgetBytes): BodyBudget {
  let taken = 0
  return {
    take(bytes) {
      if (taken + bytes > limit) return false
      taken += bytes
      meter.set('trunkline_receiving_bytes', taken)
      return true
    },
    giveBack(bytes) {
      taken -= bytes
      meter.set('trunkline_receiving_bytes', taken)
    },
  }
}

/**
 * Reads a body once, whole, as bytes. Only what has arrived counts, not what a header promises. Its bytes stay taken from
 * the budget until the caller gives them back: a body that waits for the database fills the memory too. One that comes too
 * slowly is given up. The time limit for the whole is the server's own (`requestTimeout`): it closes the connection, which
 * ends the reading here.
 */
export function readBody(
  request: IncomingMessage,
  limitBytes: number,
  { budget, pace }: { budget: BodyBudget; pace: Pace },
): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) return Promise.reject(tooLarge(limitBytes))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const reading = pace.begin(() =>
      end(new Problem('REQUEST_ABORTED', `the body comes too slowly: ${size} bytes so far`)),
    )
    const end = (error?: Problem) => {
      reading.end()
      request.off('data', onData).off('end', onEnd).off('error', onClose).off('close', onClose)
      if (error) {
        budget.giveBack(size)
        reject(error)
      } else resolve(joined(chunks, size))
    }
    const onData = (chunk: Buffer) => {
      if (size + chunk.length > limitBytes) return end(tooLarge(limitBytes))
      if (!budget.take(chunk.length))
        return end(new Problem('OVERLOADED', 'too many large requests are being received', { retryAfterSeconds: 5 }))
      size += chunk.length
      reading.note(chunk.length)
      chunks.push(chunk)
    }
    const onEnd = () => end()
    const onClose = () => end(new Problem('REQUEST_ABORTED', `the connection ended after ${size} bytes of the body`))
    // A sender that left while its source was looked up says so no more.
    if (request.destroyed) return onClose()
    request.on('data', onData).on('end', onEnd).on('error', onClose).on('close', onClose)
  })
}

/**
 * The chunks as one body with memory of its own. A chunk is a window on the 64 KiB that were read from the socket, and
 * handing a window to another thread copies all that it looks on.
 */
function joined(chunks: readonly Buffer[], size: number): Buffer {
  const body = Buffer.allocUnsafeSlow(size)
  let at = 0
  for (const chunk of chunks) at += chunk.copy(body, at)
  return body
}

const tooLarge = (limitBytes: number) =>
  new Problem('TOO_LARGE', `the body is larger than ${limitBytes} bytes, the most that this source takes`)
