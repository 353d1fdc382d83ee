import { type Readable, Unparsable } from '../source.ts'

/** The JSON value of a request's body, or undefined when it is no JSON: for an `answer`, which must not throw. */
export function jsonValue({ json }: Readable, body?: Uint8Array): unknown {
  try {
    return json(body).value
  } catch (error) {
    if (error instanceof Unparsable) return undefined
    throw error
  }
}
