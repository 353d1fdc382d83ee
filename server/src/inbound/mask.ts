/**
 * Names of headers whose values are secrets. Signatures are none: they prove one body and nothing else. Nor is a token
 * that names a repeat: without it a stored request could not be read again.
 */
const secretHeader =
  /(^|[-_])(authorization|cookie|(?<!idempotency-)token|secret|password|(api|secret|auth|access|private|functions)[-_]?key)$/i

/** Names of query parameters whose values are secrets. */
const secretParameter = /^t$|(^|[._-])(token|secret|password|key)$/i

/** What stands in the place of a secret. */
const mask = '***'

/** Raw headers fit to be stored and shown: secrets are replaced, NUL bytes too (PostgreSQL's text has none). */
export function maskHeaders(raw: readonly (readonly [string, string])[]): [string, string][] {
  return raw.map(([name, value]) => [name, secretHeader.test(name) ? mask : value.replaceAll('\0', '\u{FFFD}')])
}

/** A path and query fit to be stored and logged: the source's key and secret parameters are replaced. */
export function maskUrl(url: string): string {
  const [path = '', query] = splitOnce(url, '?')
  const masked = withoutKey(path).replaceAll('\0', '')
  if (query === undefined) return masked
  const parameters = query.split('&').map((each) => {
    const [name = '', value] = splitOnce(each, '=')
    return value !== undefined && secretParameter.test(decoded(name)) ? `${name}=${mask}` : each
  })
  return `${masked}?${parameters.join('&')}`
}

const keyBegin = '/in/'
const shownOfKey = 4

function withoutKey(path: string): string {
  const shown = keyBegin.length + shownOfKey
  if (!path.startsWith(keyBegin) || path.length < shown) return path
  const end = path.indexOf('/', shown)
  return `${path.slice(0, shown)}${mask}${end < 0 ? '' : path.slice(end)}`
}

/** Whether the value of a stored header stands for a secret. */
export const isMaskedHeader = (name: string, value: string): boolean => value === mask && secretHeader.test(name)

/** The name of a parameter of a stored query whose value stands for a secret; undefined for any other. */
export function maskedParameter(parameter: string): string | undefined {
  const [name, value] = splitOnce(parameter, '=')
  return value === mask && secretParameter.test(decoded(name)) ? name : undefined
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
