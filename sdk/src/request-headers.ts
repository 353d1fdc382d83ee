import { VerificationError } from './verification-error.ts'

/** The headers of a request: Node's `request.headers`, an object of your framework, or the `Headers` of fetch. */
export type RequestHeaders =
  | { get(name: string): string | null | undefined }
  | Readonly<Record<string, string | readonly string[] | undefined>>

/** The one value of a header, by its name in lower case. */
export function required(headers: RequestHeaders, name: string): string {
  const [value, ...others] = valuesOf(headers, name)
  if (value === undefined) throw new VerificationError('MISSING_SIGNATURE', `header ${name} is missing`)
  if (others.length > 0) throw malformed(name, 'came more than once')
  return value
}

export function valuesOf(headers: RequestHeaders, name: string): readonly string[] {
  if (typeof headers.get === 'function') {
    const value = headers.get(name)
    return typeof value === 'string' ? [value] : []
  }
  return Object.entries(headers)
    .filter(([key]) => key.toLowerCase() === name)
    .flatMap(([, value]) => (typeof value === 'string' ? [value] : Array.isArray(value) ? value : []))
}

export function malformed(name: string, what: string): VerificationError {
  return new VerificationError('MALFORMED_SIGNATURE', `header ${name} ${what}`)
}
