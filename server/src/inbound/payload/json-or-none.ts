import { type JsonText, type Readable, Unparsable } from '../source.ts'

/** The body as JSON, or undefined where it is none: for kinds that promise no JSON, and for an `answer`, which must not throw. */
export function jsonOrNone({ json }: Readable): JsonText | undefined {
  try {
    return json()
  } catch (thrown) {
    if (thrown instanceof Unparsable) return undefined
    throw thrown
  }
}
