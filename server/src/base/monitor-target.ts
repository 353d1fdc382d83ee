/** Where reports to Sentry go, and the key that they bear. */
export interface SentryTarget {
  url: string
  key: string
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

function urlOf(text: string): URL | undefined {
  const url = text.length <= 1000 && URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url : undefined
}
