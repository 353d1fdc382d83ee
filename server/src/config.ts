import { isKey } from './access/credential.ts'
import { type OtlpTarget, readDsn, readOtlpHeaders, readOtlpUrl, type SentryTarget } from './base/monitor-target.ts'
import { type QuarantineBounds, usualBounds } from './base/quarantine-bounds.ts'
import { mostRequests, mostSeconds, type RateLimit, readRateLimit } from './base/rate-limit.ts'
import { parseCidr } from './egress/address.ts'
import type { EgressProxy } from './egress/exchange.ts'
import { readProxy } from './egress/proxy.ts'

/** Everything that is set from outside, checked. */
export interface Config {
  port: number
  host: string
  /** Undefined: one port for everything. */
  admin: { port: number; host: string } | undefined
  dataFolder: string
  /** Undefined: the SQLite file in the data folder. */
  databaseUrl: string | undefined
  /** Undefined: the file in the data folder, made when it is missing. */
  secretKey: Buffer | undefined
  previousSecretKeys: readonly Buffer[]
  apiKey: string | undefined
  allowPrivate: readonly string[]
  /** The same for what customers' endpoints may reach. */
  allowPrivateForCustomers: readonly string[]
  allowHttp: boolean
  /** The proxy that deliveries go through; undefined: they go directly. */
  egressProxy: EgressProxy | undefined
  /** Undefined: the address that the server listens on. */
  publicUrl: string | undefined
  trustProxy: readonly string[]
  deliveryConcurrency: number
  deliveryPerSecond: number | undefined
  /** How many event streams this process serves at once, and how many of them one key may have. */
  streams: number
  streamsPerKey: number
  /** How many requests a source takes that has no limit of its own. Undefined: as many as come. */
  sourceRate: RateLimit | undefined
  /** How slowly a body may come, in bytes a second. */
  slowestBody: number
  /** How many connections the public port has at once. */
  mostConnections: number
  /** How long the work of a silent process stays its own. A third of it is the time between two heartbeats. */
  leaseMs: number
  /** How long the reading of one event may take. */
  handlerMs: number
  /** What this process does. */
  roles: readonly Role[]
  /** How long a process that was told to stop goes on taking requests while it says on `/ready` that it is going. */
  drainMs: number
  /** How much of what is refused is kept. */
  quarantine: QuarantineBounds
  /** How long what is stored is kept, in days; 0 is for ever. */
  keep: { bodiesDays: number; recordsDays: number; quarantineDays: number; successesDays?: number }
  /** How long a delivery that failed for good may hold up its key, in milliseconds. */
  blockedKeyMs: number
  /** How long nothing is removed by age after the clock has jumped ahead. */
  clockSettlesMs: number
  /** Which tier each of Stripe's prices stands for. */
  stripeTiers: Readonly<Record<string, string>>
  /** The sources that the environment sets up; whether their values fit is for their kinds to say. */
  sources: readonly SourceSetting[]
  /** Where faults are told beside the log. */
  monitor: MonitorSetting
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  logFormat: 'json' | 'text'
}

/** The error monitors, and what the server is called there. */
export interface MonitorSetting {
  sentry: SentryTarget | undefined
  otlp: OtlpTarget | undefined
  environment: string
}

/** What a process can do: take requests in, serve the API and the page, fan out, deliver. */
const roles = ['accept', 'api', 'follow', 'deliver'] as const
export type Role = (typeof roles)[number]

/** A source as the environment describes it. */
export interface SourceSetting {
  kind: string
  /** The variable that it is named after: of those that are set, the first. */
  variable: string
  secret?: Variable
  token?: Variable
  /** Settings of its kind. */
  config: Readonly<Record<string, Variable>>
}

/** A value and where it came from: messages name the one and never the other. */
export interface Variable {
  name: string
  value: string
}

/** Which variables set up a source of a kind, each source at the fixed path of its kind. */
const sourceVariables: readonly { kind: string; secret: string; token?: string; config?: Record<string, string> }[] = [
  { kind: 'kapso', secret: 'KAPSO_WEBHOOK_SECRET', config: { verifyToken: 'KAPSO_VERIFY_TOKEN' } },
  { kind: 'tavus', secret: 'TAVUS_WEBHOOK_SECRET', token: 'TAVUS_WEBHOOK_TOKEN' },
  { kind: 'stripe', secret: 'STRIPE_WEBHOOK_SECRET' },
  { kind: 'clerk', secret: 'CLERK_WEBHOOK_SECRET' },
  { kind: 'openclaw', secret: 'OPENCLAW_TOKEN', token: 'OPENCLAW_TOKEN' },
]

/** The variables of which one is needed for a source of this kind. */
export function variablesOf(kind: string): readonly string[] {
  const found = sourceVariables.find((each) => each.kind === kind)
  return found ? [...new Set([found.secret, ...(found.token === undefined ? [] : [found.token])])] : []
}

/** Every setting that is wrong, each with what is allowed. */
export class ConfigError extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`The configuration cannot be used:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`)
    this.name = 'ConfigError'
    this.faults = faults
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** What of the environment a process is given that must know no secrets: where things are. */
export function bareEnvironment(environment: Environment = process.env): Readonly<Record<string, string>> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SystemRoot']
  return Object.fromEntries(
    names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  )
}

const dsnForm = 'must be https://<key>@<host>/<project>, as Sentry shows it'
const otlpForm =
  'must be an http or https URL without a user name, such as http://collector:4318; "/v1/logs" is put behind it'
const otlpHeadersForm =
  'must be name=value, or several with commas between, such as authorization=Bearer%20…; a comma in a value is written %2C'

/** Reads the settings. The only place that looks at the environment. Throws a `ConfigError` that names every fault at once. */
export function readConfig(environment: Environment = process.env): Config {
  const faults: string[] = []
  const read = reader(environment, faults)
  const host = read.text('HOST', '127.0.0.1')
  const port = read.integer('PORT', 4400, 0, 65535)
  const adminPort = read.optionalInteger('TRUNKLINE_ADMIN_PORT', 0, 65535)
  const adminHost = read.text('TRUNKLINE_ADMIN_HOST', '127.0.0.1')
  if (adminPort && adminPort === port && adminHost === host) {
    faults.push(
      `TRUNKLINE_ADMIN_PORT: ${adminPort} is PORT too; give the API a port of its own, or leave it unset for one port`,
    )
  }
  const quarantine = readQuarantine(read)
  const config: Config = {
    port,
    host,
    admin: adminPort === undefined ? undefined : { port: adminPort, host: adminHost },
    dataFolder: read.text('TRUNKLINE_DATA', './data'),
    databaseUrl: read.checked('DATABASE_URL', checkDatabaseUrl),
    secretKey: read.key('TRUNKLINE_SECRET_KEY'),
    previousSecretKeys: read.keys('TRUNKLINE_SECRET_KEY_PREVIOUS'),
    apiKey: read.checked('TRUNKLINE_API_KEY', (value) =>
      isKey(value) ? undefined : 'must be "osk_" and 48 letters or digits',
    ),
    allowPrivate: read.cidrs('TRUNKLINE_ALLOW_PRIVATE'),
    allowPrivateForCustomers: read.cidrs('TRUNKLINE_ALLOW_PRIVATE_FOR_CUSTOMERS'),
    allowHttp: read.boolean('TRUNKLINE_ALLOW_HTTP', false),
    egressProxy: readEgressProxy(read),
    publicUrl: read.checked('TRUNKLINE_PUBLIC_URL', checkPublicUrl)?.replace(/\/+$/, ''),
    trustProxy: read.cidrs('TRUNKLINE_TRUST_PROXY'),
    deliveryConcurrency: read.integer('TRUNKLINE_DELIVERY_CONCURRENCY', 512, 1, 10_000),
    deliveryPerSecond: read.optionalInteger('TRUNKLINE_DELIVERY_RATE', 1, 1_000_000),
    streams: read.integer('TRUNKLINE_STREAMS', 200, 0, 10_000),
    streamsPerKey: read.integer('TRUNKLINE_STREAMS_PER_KEY', 20, 1, 10_000),
    sourceRate: readRateLimit(
      read.checked('TRUNKLINE_SOURCE_RATE', (value) => (readRateLimit(value) ? undefined : sourceRateForm)) ?? '',
    ),
    slowestBody: read.integer('TRUNKLINE_SLOWEST_BODY', 1024, 0, 1_000_000),
    mostConnections: read.integer('TRUNKLINE_MOST_CONNECTIONS', 10_000, 10, 1_000_000),
    leaseMs: read.integer('TRUNKLINE_LEASE_SECONDS', 30, 3, 600) * 1000,
    handlerMs: read.integer('TRUNKLINE_HANDLER_SECONDS', 5, 1, 300) * 1000,
    roles: read.someOf('TRUNKLINE_ROLES', roles),
    drainMs: read.integer('TRUNKLINE_DRAIN_SECONDS', 0, 0, 300) * 1000,
    quarantine,
    blockedKeyMs: read.integer('TRUNKLINE_BLOCKED_KEY_DAYS', 7, 1, 30) * dayMs,
    clockSettlesMs: read.integer('TRUNKLINE_CLOCK_SETTLES_MINUTES', 60, 0, 1440) * 60_000,
    keep: { ...readKeep(read, faults), quarantineDays: quarantine.ageMs / dayMs },
    stripeTiers: read.words('TRUNKLINE_STRIPE_TIERS', '{"price_…": "PRO"}'),
    sources: readSources(read, faults),
    monitor: readMonitor(read, faults),
    logLevel: read.oneOf('TRUNKLINE_LOG_LEVEL', ['info', 'debug', 'warn', 'error', 'silent']),
    logFormat: read.oneOf('TRUNKLINE_LOG_FORMAT', ['json', 'text']),
  }
  if (config.databaseUrl === undefined && config.roles.length < roles.length) {
    faults.push(
      `TRUNKLINE_ROLES: "${config.roles.join(',')}" leaves work to other processes, and a SQLite file has only one; set DATABASE_URL, or leave the roles unset`,
    )
  }
  if (config.databaseUrl !== undefined && !read.has('TRUNKLINE_SECRET_KEY')) {
    faults.push(
      "TRUNKLINE_SECRET_KEY: is needed with DATABASE_URL, because every process must have the same one; make one with `openssl rand -base64 32` or `node -p \"require('crypto').randomBytes(32).toString('base64')\"`",
    )
  }
  if (faults.length > 0) throw new ConfigError(faults)
  return config
}

function readMonitor(read: ReturnType<typeof reader>, faults: string[]): MonitorSetting {
  const checked = <Target>(name: string, form: string, to: (value: string) => Target | undefined) => {
    const value = read.checked(name, (given) => (to(given) === undefined ? form : undefined))
    return value === undefined ? undefined : to(value)
  }
  const url = checked('TRUNKLINE_OTLP_URL', otlpForm, readOtlpUrl)
  const headers = checked('TRUNKLINE_OTLP_HEADERS', otlpHeadersForm, readOtlpHeaders)
  if (read.has('TRUNKLINE_OTLP_HEADERS') && !read.has('TRUNKLINE_OTLP_URL'))
    faults.push('TRUNKLINE_OTLP_HEADERS: means nothing without TRUNKLINE_OTLP_URL; set that too')
  return {
    sentry: checked('TRUNKLINE_SENTRY_DSN', dsnForm, readDsn),
    otlp: url === undefined ? undefined : { url, headers: headers ?? {} },
    environment: read.text('TRUNKLINE_ENVIRONMENT', 'production').slice(0, 64),
  }
}

const proxyForm =
  'must be http://host:port or http://user:password@host:port, without a path; special characters of the password are written %2F'

/** `NO_PROXY` is read only beside a proxy of ours: one that other programs use is not ours. */
function readEgressProxy(read: ReturnType<typeof reader>): EgressProxy | undefined {
  const text = read.checked('TRUNKLINE_EGRESS_PROXY', (value) => (readProxy(value) ? undefined : proxyForm))
  const proxy = text === undefined ? undefined : readProxy(text)
  if (!proxy) return undefined
  const direct = (read.optionalText('NO_PROXY') ?? read.optionalText('no_proxy') ?? '').split(/[\s,]+/)
  return { ...proxy, direct: direct.filter((each) => each !== '') }
}

/** A hundred years: nobody means more. */
const mostDays = 36_500

function readKeep(read: ReturnType<typeof reader>, faults: string[]): Omit<Config['keep'], 'quarantineDays'> {
  const bodiesDays = read.integer('TRUNKLINE_KEEP_BODIES_DAYS', 30, 0, mostDays)
  const recordsDays = read.integer('TRUNKLINE_KEEP_RECORDS_DAYS', 90, 0, mostDays)
  if (recordsDays !== 0 && (bodiesDays === 0 || bodiesDays > recordsDays)) {
    const bodies = bodiesDays === 0 ? 'for ever' : `for ${bodiesDays} days`
    faults.push(
      `TRUNKLINE_KEEP_RECORDS_DAYS: records are kept for ${recordsDays} days and their bodies ${bodies}; a body goes with its record, so keep records at least as long, or set it to 0 for ever`,
    )
  }
  const successesDays = read.integer('TRUNKLINE_KEEP_SUCCESSES_DAYS', 0, 0, mostDays)
  if (recordsDays !== 0 && successesDays > recordsDays) {
    faults.push(
      `TRUNKLINE_KEEP_SUCCESSES_DAYS: deliveries that succeeded are kept for ${successesDays} days and records for ${recordsDays}; keep records at least as long`,
    )
  }
  return { bodiesDays, recordsDays, ...(successesDays === 0 ? {} : { successesDays }) }
}

const sourceRateForm = `must be requests a second, or requests/seconds, such as 100/60: 1 to ${mostRequests} requests in 1 to ${mostSeconds} seconds`

const mib = 1024 * 1024
const dayMs = 24 * 60 * 60 * 1000

function readQuarantine(read: ReturnType<typeof reader>): QuarantineBounds {
  const { network, source, serverBytes, ageMs } = usualBounds
  const amount = (what: string, usual: number, unit: number, most: number) =>
    read.integer(`TRUNKLINE_QUARANTINE_${what}`, usual / unit, 1, most) * unit
  return {
    network: {
      requests: amount('NETWORK_REQUESTS', network.requests, 1, 1_000_000),
      bytes: amount('NETWORK_MIB', network.bytes, mib, 100_000),
    },
    source: {
      requests: amount('SOURCE_REQUESTS', source.requests, 1, 10_000_000),
      bytes: amount('SOURCE_MIB', source.bytes, mib, 100_000),
    },
    serverBytes: amount('MIB', serverBytes, mib, 1_000_000),
    ageMs: amount('DAYS', ageMs, dayMs, 90),
  }
}

function readSources(read: ReturnType<typeof reader>, faults: string[]): readonly SourceSetting[] {
  const variable = (name: string | undefined): Variable | undefined => {
    const value = name === undefined ? undefined : read.optionalText(name)
    return name === undefined || value === undefined ? undefined : { name, value }
  }
  return sourceVariables.flatMap(({ kind, secret, token, config = {} }) => {
    const found = { secret: variable(secret), token: variable(token) }
    const settings = Object.entries(config).flatMap(([setting, name]) => {
      const value = variable(name)
      return value ? [[setting, value] as const] : []
    })
    const first = found.secret ?? found.token
    if (first === undefined) {
      for (const [, { name }] of settings) faults.push(`${name}: means nothing without ${secret}; set that too`)
      return []
    }
    return [
      {
        kind,
        variable: first.name,
        ...(found.secret ? { secret: found.secret } : {}),
        ...(found.token ? { token: found.token } : {}),
        config: Object.fromEntries(settings),
      },
    ]
  })
}

function reader(environment: Environment, faults: string[]) {
  // A variable set to nothing is a variable that is not set: that is how most tools write it.
  const get = (name: string): string | undefined => environment[name]?.trim() || undefined
  const optionalInteger = (name: string, least: number, most: number): number | undefined => {
    const value = get(name)
    if (value === undefined) return undefined
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    if (number >= least && number <= most) return number
    faults.push(`${name}: "${value}" must be a whole number from ${least} to ${most}`)
    return undefined
  }
  const toKey = (name: string, text: string): Buffer | undefined => {
    const bytes = Buffer.from(text, 'base64')
    if (bytes.length === 32 && bytes.toString('base64') === text) return bytes
    faults.push(
      `${name}: must be 32 bytes in base64 (44 characters); this is ${text.length} characters that make ${bytes.length} bytes`,
    )
    return undefined
  }
  return {
    has: (name: string) => get(name) !== undefined,
    optionalText: get,
    text: (name: string, otherwise: string) => get(name) ?? otherwise,
    optionalInteger,
    integer: (name: string, otherwise: number, least: number, most: number) =>
      optionalInteger(name, least, most) ?? otherwise,
    boolean(name: string, otherwise: boolean): boolean {
      const value = get(name)
      if (value === undefined) return otherwise
      if (value === 'true' || value === '1') return true
      if (value !== 'false' && value !== '0') faults.push(`${name}: "${value}" must be true or false`)
      return false
    },
    oneOf<Choice extends string>(name: string, choices: readonly [Choice, ...Choice[]]): Choice {
      const value = get(name)
      if (value === undefined) return choices[0]
      const choice = choices.find((each) => each === value)
      if (choice === undefined) faults.push(`${name}: "${value}" must be one of ${choices.join(', ')}`)
      return choice ?? choices[0]
    },
    /** Some of these, with commas between; all of them when it is unset. */
    someOf<Choice extends string>(name: string, choices: readonly Choice[]): readonly Choice[] {
      const list = (get(name) ?? choices.join(',')).split(/[\s,]+/).filter((each) => each !== '')
      const wrong = list.filter((each) => !choices.some((choice) => choice === each))
      for (const each of wrong) {
        faults.push(`${name}: "${each}" must be one of ${choices.join(', ')}, or several with commas between`)
      }
      return wrong.length > 0 ? choices : choices.filter((choice) => list.includes(choice))
    },
    /** A JSON object of names, each with a word in capitals. */
    words(name: string, example: string): Readonly<Record<string, string>> {
      const value = get(name)
      const found = value === undefined ? {} : toWords(value)
      if (found === undefined) {
        faults.push(
          `${name}: "${value}" must be a JSON object such as ${example}; a word is 1 to 40 capitals, digits and "_"`,
        )
      }
      return found ?? {}
    },
    /** A value that must not be repeated in the fault: it may be a secret. */
    checked(name: string, fault: (value: string) => string | undefined): string | undefined {
      const value = get(name)
      const found = value === undefined ? undefined : fault(value)
      if (found !== undefined) faults.push(`${name}: ${found}`)
      return value
    },
    cidrs(name: string): string[] {
      const list = (get(name) ?? '').split(/[\s,]+/).filter((each) => each !== '')
      for (const each of list) {
        try {
          parseCidr(each)
        } catch (error) {
          faults.push(`${name}: ${(error as Error).message}`)
        }
      }
      return list
    },
    key(name: string): Buffer | undefined {
      const value = get(name)
      return value === undefined ? undefined : toKey(name, value)
    },
    /** Several of them, with spaces or commas between. */
    keys(name: string): Buffer[] {
      const list = (get(name) ?? '').split(/[\s,]+/).filter((each) => each !== '')
      return list.flatMap((each) => toKey(name, each) ?? [])
    },
  }
}

function toWords(text: string): Readonly<Record<string, string>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const words = Object.values(value)
    return words.every((word) => typeof word === 'string' && /^[A-Z][A-Z0-9_]{0,39}$/.test(word))
      ? (value as Record<string, string>)
      : undefined
  } catch {
    return undefined
  }
}

function checkDatabaseUrl(value: string): string | undefined {
  return /^postgres(ql)?:\/\//.test(value) && URL.canParse(value)
    ? undefined
    : 'must be postgres://user:password@host:port/database, or be unset for the SQLite file in TRUNKLINE_DATA'
}

function checkPublicUrl(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url && (url.protocol === 'https:' || url.protocol === 'http:') && !url.search && !url.hash && !url.username)
    return undefined
  return 'must be an http or https URL without a user name or a query, such as https://hooks.example.com'
}
