/** Headers whose values are secrets. Signatures are none: they prove one body and nothing else. */
const secretHeaders = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
  'x-gitlab-token',
  'x-auth-token',
])

/** Query parameters whose values are secrets. */
const secretParameters = new Set(['t', 'token', 'key', 'secret', 'api_key', 'access_token', 'hub.verify_token'])

/** Raw headers fit to be stored and shown: secrets are replaced, NUL bytes too (PostgreSQL's text has none). */
export function maskHeaders(raw: readonly (readonly [string, string])[]): [string, string][] {
  return raw.map(([name, value]) => [
    name,
    secretHeaders.has(name.toLowerCase()) ? '***' : value.replaceAll('\0', '\u{FFFD}'),
  ])
}

/** A path and query fit to be stored and logged: the source's key and secret parameters are replaced. */
export function maskUrl(url: string): string {
  const [path = '', query] = splitOnce(url, '?')
  const masked = path.replace(/^(\/in\/.{4})[^/]*/, '$1***').replaceAll('\0', '')
  if (query === undefined) return masked
  const parameters = query.split('&').map((each) => {
    const [name = '', value] = splitOnce(each, '=')
    return value !== undefined && secretParameters.has(name.toLowerCase()) ? `${name}=***` : each
  })
  return `${masked}?${parameters.join('&')}`
}

function splitOnce(text: string, at: string): [string, string | undefined] {
  const index = text.indexOf(at)
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + at.length)]
}
