/**
 * Names of headers whose values are secrets. Signatures are none: they prove one body and nothing else. Nor is a token
 * that names a repeat: without it a stored request could not be read again.
 */
const secretHeader = /(^|[-_])(authorization|cookie|(?<!idempotency-)token|secret|password|api[-_]?key)$/i

/** Names of query parameters whose values are secrets. */
const secretParameter = /^t$|(^|[._-])(token|secret|password|key)$/i

/** Raw headers fit to be stored and shown: secrets are replaced, NUL bytes too (PostgreSQL's text has none). */
export function maskHeaders(raw: readonly (readonly [string, string])[]): [string, string][] {
  return raw.map(([name, value]) => [name, secretHeader.test(name) ? '***' : value.replaceAll('\0', '\u{FFFD}')])
}

/** A path and query fit to be stored and logged: the source's key and secret parameters are replaced. */
export function maskUrl(url: string): string {
  const [path = '', query] = splitOnce(url, '?')
  const masked = path.replace(/^(\/in\/.{4})[^/]*/, '$1***').replaceAll('\0', '')
  if (query === undefined) return masked
  const parameters = query.split('&').map((each) => {
    const [name = '', value] = splitOnce(each, '=')
    return value !== undefined && secretParameter.test(decoded(name)) ? `${name}=***` : each
  })
  return `${masked}?${parameters.join('&')}`
}

/** A name as the receiver of the URL reads it: `%74oken` is `token`. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

function splitOnce(text: string, at: string): [string, string | undefined] {
  const index = text.indexOf(at)
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + at.length)]
}
