import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { usualBounds } from './base/quarantine-bounds.ts'
import { ConfigError, readConfig, variablesOf } from './config.ts'

/** The faults of these settings, in the order found. */
function faults(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}

const key = randomBytes(32).toString('base64')
const otherKey = randomBytes(32).toString('base64')
const apiKey = `osk_${'a1B2'.repeat(12)}`

describe('with nothing set', () => {
  it('the server listens on this machine only, keeps its file in ./data and reaches nothing private', () => {
    expect(readConfig({})).toEqual({
      port: 4400,
      host: '127.0.0.1',
      admin: undefined,
      dataFolder: './data',
      databaseUrl: undefined,
      sources: [],
      monitor: { sentry: undefined, otlp: undefined, environment: 'production' },
      quarantine: usualBounds,
      secretKey: undefined,
      previousSecretKeys: [],
      apiKey: undefined,
      allowPrivate: [],
      allowPrivateForCustomers: [],
      allowHttp: false,
      egressProxy: undefined,
      publicUrl: undefined,
      trustProxy: [],
      deliveryConcurrency: 512,
      deliveryPerSecond: undefined,
      streams: 200,
      streamsPerKey: 20,
      sourceRate: undefined,
      slowestBody: 1024,
      mostConnections: 10_000,
      leaseMs: 30_000,
      handlerMs: 5_000,
      roles: ['accept', 'api', 'follow', 'deliver'],
      drainMs: 0,
      blockedKeyMs: 7 * 24 * 60 * 60 * 1000,
      clockSettlesMs: 60 * 60 * 1000,
      keep: { bodiesDays: 30, recordsDays: 90, quarantineDays: 7 },
      stripeTiers: {},
      logLevel: 'info',
      logFormat: 'json',
    })
  })

  it('a variable set to nothing counts as not set', () => {
    const blank = Object.fromEntries(
      [
        'PORT',
        'HOST',
        'DATABASE_URL',
        'TRUNKLINE_SECRET_KEY',
        'TRUNKLINE_API_KEY',
        'TRUNKLINE_ALLOW_HTTP',
        'TRUNKLINE_LOG_LEVEL',
        'TRUNKLINE_ALLOW_PRIVATE',
        'TRUNKLINE_PUBLIC_URL',
      ].map((name) => [name, '  ']),
    )
    expect(readConfig(blank)).toEqual(readConfig({}))
  })
})

describe('each setting', () => {
  it.each([
    ['PORT', '0', 'port', 0],
    ['PORT', ' 65535 ', 'port', 65535],
    ['HOST', '::', 'host', '::'],
    ['TRUNKLINE_ADMIN_PORT', '4401', 'admin', { port: 4401, host: '127.0.0.1' }],
    ['TRUNKLINE_DATA', '/var/lib/trunkline', 'dataFolder', '/var/lib/trunkline'],
    ['TRUNKLINE_SECRET_KEY', key, 'secretKey', Buffer.from(key, 'base64')],
    [
      'TRUNKLINE_SECRET_KEY_PREVIOUS',
      `${key}, ${otherKey}`,
      'previousSecretKeys',
      [Buffer.from(key, 'base64'), Buffer.from(otherKey, 'base64')],
    ],
    ['TRUNKLINE_API_KEY', apiKey, 'apiKey', apiKey],
    [
      'TRUNKLINE_ALLOW_PRIVATE',
      '10.0.0.0/8 fd00::/8,127.0.0.1',
      'allowPrivate',
      ['10.0.0.0/8', 'fd00::/8', '127.0.0.1'],
    ],
    ['TRUNKLINE_ALLOW_PRIVATE_FOR_CUSTOMERS', '10.9.0.0/16', 'allowPrivateForCustomers', ['10.9.0.0/16']],
    ['TRUNKLINE_ALLOW_HTTP', 'true', 'allowHttp', true],
    ['TRUNKLINE_ALLOW_HTTP', '1', 'allowHttp', true],
    ['TRUNKLINE_ALLOW_HTTP', 'false', 'allowHttp', false],
    ['TRUNKLINE_ALLOW_HTTP', '0', 'allowHttp', false],
    [
      'TRUNKLINE_EGRESS_PROXY',
      'http://proxy.internal:3128',
      'egressProxy',
      { hostname: 'proxy.internal', port: 3128, authorization: null, direct: [] },
    ],
    [
      'TRUNKLINE_EGRESS_PROXY',
      'http://me:p%2Fw@[fd00::1]',
      'egressProxy',
      { hostname: 'fd00::1', port: 80, authorization: `Basic ${btoa('me:p/w')}`, direct: [] },
    ],
    ['TRUNKLINE_PUBLIC_URL', 'https://hooks.example.com', 'publicUrl', 'https://hooks.example.com'],
    ['TRUNKLINE_PUBLIC_URL', 'http://example.com/trunkline//', 'publicUrl', 'http://example.com/trunkline'],
    ['TRUNKLINE_TRUST_PROXY', '10.1.2.3', 'trustProxy', ['10.1.2.3']],
    ['TRUNKLINE_DELIVERY_CONCURRENCY', '1', 'deliveryConcurrency', 1],
    ['TRUNKLINE_DELIVERY_RATE', '100', 'deliveryPerSecond', 100],
    ['TRUNKLINE_STREAMS', '0', 'streams', 0],
    ['TRUNKLINE_STREAMS_PER_KEY', '1', 'streamsPerKey', 1],
    ['TRUNKLINE_LEASE_SECONDS', '3', 'leaseMs', 3000],
    ['TRUNKLINE_HANDLER_SECONDS', '30', 'handlerMs', 30_000],
    ['TRUNKLINE_ROLES', 'deliver, accept follow,api', 'roles', ['accept', 'api', 'follow', 'deliver']],
    ['TRUNKLINE_DRAIN_SECONDS', '15', 'drainMs', 15_000],
    ['TRUNKLINE_STRIPE_TIERS', '{"price_1": "PRO"}', 'stripeTiers', { price_1: 'PRO' }],
    ['TRUNKLINE_KEEP_BODIES_DAYS', '90', 'keep', { bodiesDays: 90, recordsDays: 90, quarantineDays: 7 }],
    [
      'TRUNKLINE_KEEP_SUCCESSES_DAYS',
      '7',
      'keep',
      { bodiesDays: 30, recordsDays: 90, quarantineDays: 7, successesDays: 7 },
    ],
    ['TRUNKLINE_KEEP_RECORDS_DAYS', '0', 'keep', { bodiesDays: 30, recordsDays: 0, quarantineDays: 7 }],
    ['TRUNKLINE_QUARANTINE_DAYS', '90', 'keep', { bodiesDays: 30, recordsDays: 90, quarantineDays: 90 }],
    ['TRUNKLINE_LOG_LEVEL', 'debug', 'logLevel', 'debug'],
    ['TRUNKLINE_LOG_FORMAT', 'text', 'logFormat', 'text'],
  ] as const)('%s may be %j', (name, value, field, read) => {
    expect(readConfig({ [name]: value })[field]).toEqual(read)
  })

  it.each([
    ['PORT', '65536', 'PORT: "65536" must be a whole number from 0 to 65535'],
    ['PORT', '-1', 'PORT: "-1" must be a whole number'],
    ['PORT', '80a', 'PORT: "80a" must be a whole number'],
    ['PORT', '1e3', 'PORT: "1e3" must be a whole number'],
    ['PORT', '0x50', 'PORT: "0x50" must be a whole number'],
    ['TRUNKLINE_KEEP_BODIES_DAYS', '-1', 'TRUNKLINE_KEEP_BODIES_DAYS: "-1" must be a whole number'],
    [
      'TRUNKLINE_KEEP_RECORDS_DAYS',
      '10',
      'TRUNKLINE_KEEP_RECORDS_DAYS: records are kept for 10 days and their bodies for 30 days',
    ],
    [
      'TRUNKLINE_KEEP_BODIES_DAYS',
      '0',
      'TRUNKLINE_KEEP_RECORDS_DAYS: records are kept for 90 days and their bodies for ever',
    ],
    [
      'TRUNKLINE_KEEP_SUCCESSES_DAYS',
      '91',
      'TRUNKLINE_KEEP_SUCCESSES_DAYS: deliveries that succeeded are kept for 91 days and records for 90',
    ],
    ['TRUNKLINE_ADMIN_PORT', 'x', 'TRUNKLINE_ADMIN_PORT: "x" must be'],
    ['TRUNKLINE_ADMIN_PORT', '4400', 'TRUNKLINE_ADMIN_PORT: 4400 is PORT too'],
    ['DATABASE_URL', 'mysql://root:hunter2@db/x', 'DATABASE_URL: must be postgres://user:password@host:port/database'],
    ['DATABASE_URL', 'postgres://user:hunter2@[::1/x', 'DATABASE_URL: must be postgres://'],
    [
      'TRUNKLINE_SECRET_KEY',
      'hunter2',
      'TRUNKLINE_SECRET_KEY: must be 32 bytes in base64 (44 characters); this is 7 characters that make 5 bytes',
    ],
    ['TRUNKLINE_SECRET_KEY', key.replace('=', ''), 'TRUNKLINE_SECRET_KEY: must be 32 bytes'],
    ['TRUNKLINE_SECRET_KEY', `${key}!`, 'TRUNKLINE_SECRET_KEY: must be 32 bytes'],
    ['TRUNKLINE_SECRET_KEY', `${key},${otherKey}`, 'TRUNKLINE_SECRET_KEY: must be 32 bytes'],
    ['TRUNKLINE_SECRET_KEY', 'a'.repeat(64), 'TRUNKLINE_SECRET_KEY: must be 32 bytes'],
    ['TRUNKLINE_SECRET_KEY_PREVIOUS', `${key} hunter2`, 'TRUNKLINE_SECRET_KEY_PREVIOUS: must be 32 bytes'],
    ['TRUNKLINE_API_KEY', 'hunter2', 'TRUNKLINE_API_KEY: must be "osk_" and 48 letters or digits'],
    ['TRUNKLINE_ALLOW_PRIVATE', '10.0.0.0/33', 'TRUNKLINE_ALLOW_PRIVATE: "10.0.0.0/33" is not a range'],
    ['TRUNKLINE_ALLOW_PRIVATE', 'localhost', 'TRUNKLINE_ALLOW_PRIVATE: "localhost" is not a range'],
    ['TRUNKLINE_TRUST_PROXY', 'true', 'TRUNKLINE_TRUST_PROXY: "true" is not a range'],
    ['TRUNKLINE_ALLOW_HTTP', 'yes', 'TRUNKLINE_ALLOW_HTTP: "yes" must be true or false'],
    ['TRUNKLINE_PUBLIC_URL', 'hooks.example.com', 'TRUNKLINE_PUBLIC_URL: must be an http or https URL'],
    ['TRUNKLINE_PUBLIC_URL', 'ftp://example.com', 'TRUNKLINE_PUBLIC_URL: must be an http or https URL'],
    ['TRUNKLINE_PUBLIC_URL', 'https://example.com/?a=1', 'TRUNKLINE_PUBLIC_URL: must be an http or https URL'],
    ['TRUNKLINE_PUBLIC_URL', 'https://me:hunter2@example.com', 'TRUNKLINE_PUBLIC_URL: must be an http or https URL'],
    [
      'TRUNKLINE_DELIVERY_CONCURRENCY',
      '0',
      'TRUNKLINE_DELIVERY_CONCURRENCY: "0" must be a whole number from 1 to 10000',
    ],
    ['TRUNKLINE_DELIVERY_RATE', '0', 'TRUNKLINE_DELIVERY_RATE: "0" must be'],
    ['TRUNKLINE_ROLES', 'accept,sing', 'TRUNKLINE_ROLES: "sing" must be one of accept, api, follow, deliver'],
    ['TRUNKLINE_STRIPE_TIERS', '{"price_1":"pro"}', 'must be a JSON object such as {"price_…": "PRO"}'],
    ['TRUNKLINE_STRIPE_TIERS', '["PRO"]', 'TRUNKLINE_STRIPE_TIERS: "["PRO"]" must be'],
    ['TRUNKLINE_STRIPE_TIERS', 'price_1=PRO', 'TRUNKLINE_STRIPE_TIERS: "price_1=PRO" must be'],
    ['TRUNKLINE_ROLES', 'accept', 'a SQLite file has only one; set DATABASE_URL'],
    ['TRUNKLINE_DRAIN_SECONDS', '301', 'TRUNKLINE_DRAIN_SECONDS: "301" must be a whole number from 0 to 300'],
    ['TRUNKLINE_LEASE_SECONDS', '2', 'TRUNKLINE_LEASE_SECONDS: "2" must be a whole number from 3 to 600'],
    ['TRUNKLINE_LOG_LEVEL', 'trace', 'TRUNKLINE_LOG_LEVEL: "trace" must be one of info, debug, warn, error, silent'],
    ['TRUNKLINE_LOG_FORMAT', 'xml', 'TRUNKLINE_LOG_FORMAT: "xml" must be one of json, text'],
  ])('%s may not be %j', (name, value, fault) => {
    const found = faults({ TRUNKLINE_SECRET_KEY: key, [name]: value })
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(fault)
    expect(found[0]).not.toMatch(/hunter2|me:/)
    if (name.includes('KEY')) expect(found[0]).not.toContain(value)
  })
})

describe('the sources of the environment', () => {
  // Joined here, so that no scanner takes them for secrets of somebody's account.
  const secret = (name: string) => ['hunter2', name].join('_')
  const environment = {
    KAPSO_WEBHOOK_SECRET: secret('kapso'),
    KAPSO_VERIFY_TOKEN: secret('verify'),
    TAVUS_WEBHOOK_TOKEN: secret('tavus'),
    STRIPE_WEBHOOK_SECRET: ' ',
    CLERK_WEBHOOK_SECRET: secret('clerk'),
    OPENCLAW_TOKEN: secret('openclaw'),
  }

  it('are those whose variables are set, each value with the name of its variable', () => {
    const of = (name: keyof typeof environment) => ({ name, value: environment[name] })
    expect(readConfig(environment).sources).toEqual([
      {
        kind: 'kapso',
        variable: 'KAPSO_WEBHOOK_SECRET',
        secret: of('KAPSO_WEBHOOK_SECRET'),
        config: { verifyToken: of('KAPSO_VERIFY_TOKEN') },
      },
      { kind: 'tavus', variable: 'TAVUS_WEBHOOK_TOKEN', token: of('TAVUS_WEBHOOK_TOKEN'), config: {} },
      { kind: 'clerk', variable: 'CLERK_WEBHOOK_SECRET', secret: of('CLERK_WEBHOOK_SECRET'), config: {} },
      {
        kind: 'openclaw',
        variable: 'OPENCLAW_TOKEN',
        secret: of('OPENCLAW_TOKEN'),
        token: of('OPENCLAW_TOKEN'),
        config: {},
      },
    ])
  })

  it('need their secret: a setting alone is a fault that names both and shows neither', () => {
    const found = faults({ KAPSO_VERIFY_TOKEN: environment.KAPSO_VERIFY_TOKEN })
    expect(found).toEqual(['KAPSO_VERIFY_TOKEN: means nothing without KAPSO_WEBHOOK_SECRET; set that too'])
  })

  it('are told by the names of their variables', () => {
    expect([variablesOf('tavus'), variablesOf('openclaw'), variablesOf('github')]).toEqual([
      ['TAVUS_WEBHOOK_SECRET', 'TAVUS_WEBHOOK_TOKEN'],
      ['OPENCLAW_TOKEN'],
      [],
    ])
  })
})

describe('with a database of several processes', () => {
  const database = { DATABASE_URL: 'postgres://trunkline:hunter2@db:5432/trunkline' }

  it('the URL is taken as it is', () => {
    expect(readConfig({ ...database, TRUNKLINE_SECRET_KEY: key }).databaseUrl).toBe(database.DATABASE_URL)
    expect(faults({ DATABASE_URL: 'postgresql://db/x', TRUNKLINE_SECRET_KEY: key })).toEqual([])
  })

  it.each([{}, { TRUNKLINE_SECRET_KEY: '' }, { TRUNKLINE_SECRET_KEY: '  ' }])('a secret key is needed (%j)', (more) => {
    expect(faults({ ...database, ...more })).toEqual([
      expect.stringContaining('TRUNKLINE_SECRET_KEY: is needed with DATABASE_URL'),
    ])
  })

  it('a secret key that is wrong is one fault, not two', () => {
    expect(faults({ ...database, TRUNKLINE_SECRET_KEY: 'short' })).toHaveLength(1)
  })
})

describe('several faults', () => {
  it('are told at once, one a line, without a secret', () => {
    const environment = {
      PORT: 'x',
      DATABASE_URL: 'mysql://root:hunter2@db',
      TRUNKLINE_SECRET_KEY: 'hunter2',
      TRUNKLINE_SECRET_KEY_PREVIOUS: 'hunter2',
      TRUNKLINE_API_KEY: 'hunter2',
      TRUNKLINE_ALLOW_PRIVATE: '10.0.0.0/99, nothing',
      TRUNKLINE_LOG_LEVEL: 'loud',
    }
    const found = faults(environment)
    expect(found.map((each) => each.split(':')[0])).toEqual([
      'PORT',
      'DATABASE_URL',
      'TRUNKLINE_SECRET_KEY',
      'TRUNKLINE_SECRET_KEY_PREVIOUS',
      'TRUNKLINE_API_KEY',
      'TRUNKLINE_ALLOW_PRIVATE',
      'TRUNKLINE_ALLOW_PRIVATE',
      'TRUNKLINE_LOG_LEVEL',
    ])
    expect(() => readConfig(environment)).toThrow(
      /^The configuration cannot be used:\n {2}- PORT.*\n {2}- DATABASE_URL/,
    )
    expect(found.join('\n')).not.toContain('hunter2')
  })
})

it('the ports of the world and of the operator may be the same on two addresses, and both may be any', () => {
  expect(faults({ PORT: '4400', TRUNKLINE_ADMIN_PORT: '4400', HOST: '203.0.113.5' })).toEqual([])
  expect(faults({ PORT: '0', TRUNKLINE_ADMIN_PORT: '0' })).toEqual([])
})

describe('the error monitor', () => {
  it('is where the variables say, under the name of the environment', () => {
    const { monitor } = readConfig({
      TRUNKLINE_SENTRY_DSN: 'https://abc123@o1.ingest.example/42',
      TRUNKLINE_OTLP_URL: 'http://collector:4318',
      TRUNKLINE_OTLP_HEADERS: 'Authorization=Bearer%20a%2Cb=, x-scope = team one,',
      TRUNKLINE_ENVIRONMENT: 'staging',
    })
    expect(monitor).toEqual({
      sentry: { url: 'https://o1.ingest.example/api/42/envelope/', key: 'abc123' },
      otlp: {
        url: 'http://collector:4318/v1/logs',
        headers: { authorization: 'Bearer a,b=', 'x-scope': 'team one' },
      },
      environment: 'staging',
    })
  })

  it('has headers only where it has a collector', () => {
    expect(faults({ TRUNKLINE_OTLP_HEADERS: 'x-key=1' })).toEqual([expect.stringContaining('TRUNKLINE_OTLP_URL')])
    expect(readConfig({ TRUNKLINE_OTLP_URL: 'http://collector:4318' }).monitor.otlp?.headers).toEqual({})
  })

  it.each(['hunter2', 'Authorization: hunter2', '=hunter2', 'x=', 'x=%hunter2', 'x=hunter2%0d%0ay', 'host=hunter2'])(
    'whose headers are %j is a fault that names the variable and not the value',
    (value) => {
      const [fault, ...more] = faults({ TRUNKLINE_OTLP_URL: 'http://collector', TRUNKLINE_OTLP_HEADERS: value })
      expect(more).toEqual([])
      expect(fault).toContain('TRUNKLINE_OTLP_HEADERS: must be name=value')
      expect(fault).not.toContain('hunter2')
    },
  )

  it.each([
    ['TRUNKLINE_SENTRY_DSN', 'https://o1.ingest.example/hunter2'],
    ['TRUNKLINE_SENTRY_DSN', 'hunter2'],
    ['TRUNKLINE_OTLP_URL', 'collector:hunter2'],
    ['TRUNKLINE_OTLP_URL', 'https://user:hunter2@collector'],
  ])('whose %s is wrong is a fault that names the variable and not the value', (name, value) => {
    const [fault, ...more] = faults({ [name]: value })
    expect(more).toEqual([])
    expect(fault).toContain(name)
    expect(fault).not.toContain('hunter2')
  })
})
