/** Where reports to Sentry go, and the key that they bear. */
export interface SentryTarget {
  url: string
  key: string
}

/** Where log records go, and what is sent along with each. */
export interface OtlpTarget {
  url: string
  /** By their names in lower case. They hold keys: they are in no log and no error. */
  headers: Readonly<Record<string, string>>
}

/**
 * Reads a DSN, `https://<key>@<host>/<project>`; undefined for any other text. A path before the project and a former
 * secret behind the key are allowed. https://develop.sentry.dev/sdk/overview/#parsing-the-dsn
 */
export function readDsn(text: string): SentryTarget | undefined {
  const url = urlOf(text)
  if (!url || url.search || url.hash || !/^[A-Za-z0-9]{1,100}$/.test(url.username)) return undefined
  const [, before, project] = /^(.*\/)([A-Za-z0-9]+)$/.exec(url.pathname) ?? []
  if (before === undefined) return undefined
  return { url: `${url.origin}${before}api/${project}/envelope/`, key: url.username }
}

/** The URL that log records are posted to: `/v1/logs` is put behind an address that does not end so. */
export function readOtlpUrl(text: string): string | undefined {
  const url = urlOf(text)
  if (!url || url.username || url.password || url.hash) return undefined
  if (!url.pathname.endsWith('/v1/logs')) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/logs`
  return url.href
}

/** These say what a request holds, and are ours to set. */
const ownHeaders = /^(connection|content-encoding|content-length|content-type|host|transfer-encoding)$/

/**
 * Reads `name=value,…`, each value percent-encoded where it has a comma in it; undefined for any other text.
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables
 */
export function readOtlpHeaders(text: string): Readonly<Record<string, string>> | undefined {
  const headers: Record<string, string> = {}
  if (text.length > 8000) return undefined
  for (const pair of text.split(',').map((each) => each.trim())) {
    if (pair === '') continue
    const end = pair.indexOf('=')
    const name = pair.slice(0, Math.max(end, 0)).trim().toLowerCase()
    const value = decoded(pair.slice(end + 1).trim())
    const isName = /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name) && !ownHeaders.test(name)
    if (!isName || value === undefined || !/^[\x20-\x7e]+$/.test(value)) return undefined
    headers[name] = value
  }
  return headers
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function urlOf(text: string): URL | undefined {
  const url = text.length <= 1000 && URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url : undefined
}
