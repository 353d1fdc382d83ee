import { afterEach, describe, expect, it } from 'vitest'
import { fakeClock } from './base/clock.ts'
import { defaultWorkspaceId } from './base/id.ts'
import { createSeal } from './base/seal.ts'
import type { SourceSetting, Variable } from './config.ts'
import { keepEnvironmentSources } from './environment-sources.ts'
import { definitions } from './http/exercise-ways-in.ts'
import { hashToken } from './inbound/claimants.ts'
import { openSecrets } from './inbound/secrets.ts'
import { openAgain, openTestPostgres } from './storage/exercise/open-postgres.ts'
import { openTestSqlite } from './storage/exercise/open-sqlite.ts'
import type { Opened } from './storage/exercise/opened.ts'
import type { Storage } from './storage/stores.ts'

const seal = createSeal(Buffer.alloc(32, 7))
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** An empty database with two servers on it; a SQLite file has one, which is asked twice. */
const engines: { name: string; open(): Promise<{ opened: Opened; storages: Storage[] }> }[] = [
  {
    name: 'SQLite',
    async open() {
      const opened = await openTestSqlite()
      closing.push(opened.cleanup)
      return { opened, storages: [opened.storage, opened.storage] }
    },
  },
  {
    name: 'PostgreSQL',
    async open() {
      const opened = await openTestPostgres()
      closing.push(opened.cleanup)
      const other = await openAgain(opened.url)
      closing.push(() => other.close())
      return { opened, storages: [opened.storage, other] }
    },
  },
]

const variable = (name: string, value: string): Variable => ({ name, value })
const messenger = (secret: string, verifyToken?: string): SourceSetting => ({
  kind: 'messenger',
  variable: 'MESSENGER_SECRET',
  secret: variable('MESSENGER_SECRET', secret),
  config: verifyToken === undefined ? {} : { verifyToken: variable('MESSENGER_VERIFY', verifyToken) },
})
const avatar = (more: Pick<SourceSetting, 'secret' | 'token'>): SourceSetting => ({
  kind: 'avatar',
  variable: more.secret?.name ?? more.token?.name ?? '',
  config: {},
  ...more,
})

describe.each(engines)('on $name', ({ open }) => {
  async function stage() {
    const { opened, storages } = await open()
    const lines: [string, object | undefined][] = []
    const note = (event: string, facts?: object) => void lines.push([event, facts])
    const journal = { debug: note, info: note, warn: note, error: note }
    const start = (settings: readonly SourceSetting[], storage = opened.storage) =>
      keepEnvironmentSources(settings, { commit: storage.commit, clock: fakeClock(), seal, journal }, definitions)
    const { sources, log } = opened.storage.reads
    return {
      storages,
      start,
      lines,
      sources: () => sources.list(defaultWorkspaceId, { after: null, limit: 100 }),
      claimants: async (path: string) =>
        (await sources.claimants(path)).map(({ source, tokenHash }) => ({
          secrets: openSecrets(source, seal),
          config: JSON.parse(source.config),
          tokenHash,
        })),
      news: async () =>
        (await log.listEvents(defaultWorkspaceId, {}, { after: null, limit: 100 })).rows
          .map(({ type }) => type)
          .reverse(),
    }
  }

  it('two processes that start at once make one source of each, and later starts change nothing', async () => {
    const { start, storages, sources, claimants, news } = await stage()
    const settings = [
      messenger('the first secret', 'a verify token'),
      avatar({ token: variable('AVATAR_TOKEN', 'a-token+/=&%') }),
    ]
    await Promise.all([...storages, ...storages].map((storage) => start(settings, storage)))
    await start(settings)
    const made = await sources()
    expect(made.map(({ kind, name, origin, fixedPath }) => [kind, name, origin, fixedPath]).sort()).toEqual([
      ['avatar', 'AVATAR_TOKEN', 'environment', '/api/avatar/webhook'],
      ['messenger', 'MESSENGER_SECRET', 'environment', '/webhook/messenger'],
    ])
    expect(await claimants('/webhook/messenger')).toEqual([
      { secrets: ['the first secret'], config: { verifyToken: 'a verify token' }, tokenHash: null },
    ])
    // Without a secret the token is all that can be shown as proof.
    expect(await claimants('/api/avatar/webhook')).toEqual([
      { secrets: ['a-token+/=&%'], config: {}, tokenHash: hashToken('a-token+/=&%') },
    ])
    expect(await news()).toEqual(['trunkline.source.created', 'trunkline.source.created'])
  })

  it('the values are those of the variables now; what no variable sets stays', async () => {
    const { start, sources, claimants, news } = await stage()
    await start([
      messenger('the first secret', 'a verify token'),
      avatar({ secret: variable('AVATAR_SECRET', 'avatar secret') }),
    ])
    const before = (await sources()).map(({ id, key }) => [id, key])
    expect((await claimants('/api/avatar/webhook'))[0]).toMatchObject({ secrets: ['avatar secret'], tokenHash: null })
    const token = variable('AVATAR_TOKEN', 'the-token')
    await start([messenger('the second secret'), avatar({ secret: variable('AVATAR_SECRET', 'avatar secret'), token })])
    expect(await claimants('/webhook/messenger')).toEqual([
      { secrets: ['the second secret'], config: { verifyToken: 'a verify token' }, tokenHash: null },
    ])
    expect((await claimants('/api/avatar/webhook'))[0]).toMatchObject({ tokenHash: hashToken('the-token') })
    await start([messenger('the second secret', 'another verify token')])
    expect((await claimants('/webhook/messenger'))[0]?.config).toEqual({ verifyToken: 'another verify token' })
    await start([])
    expect((await sources()).map(({ id, key }) => [id, key])).toEqual(before)
    expect(await news()).toEqual([
      ...['created', 'created', 'updated', 'updated', 'updated'].map((what) => `trunkline.source.${what}`),
    ])
  })

  it('values that their kinds refuse are all named, by their variables alone, and nothing is made', async () => {
    const { start, sources } = await stage()
    const starting = start([
      messenger('short', 'brief'),
      avatar({ secret: variable('AVATAR_SECRET', 'avatar secret'), token: variable('AVATAR_TOKEN', 'not visible ü') }),
    ])
    const error = await starting.then(
      () => undefined,
      (thrown: Error) => thrown,
    )
    expect(error).toMatchObject({
      name: 'ConfigError',
      faults: [
        expect.stringMatching(/^MESSENGER_SECRET: the secret has fewer/),
        expect.stringMatching(/^MESSENGER_VERIFY: /),
        expect.stringMatching(/^AVATAR_TOKEN: the token has characters/),
      ],
    })
    expect(error?.message).not.toMatch(/short\b|brief|visible ü/)
    expect(await sources()).toEqual([])
  })

  it('a kind that this server does not have, or that has no fixed path, is passed over', async () => {
    const { start, sources, lines } = await stage()
    await start([
      { ...messenger('the first secret'), kind: 'telegraph' },
      { ...messenger('the first secret'), kind: 'github' },
    ])
    expect([await sources(), lines]).toEqual([[], []])
  })
})
