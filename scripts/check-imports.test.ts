import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { checkImports, zoneOf } from './check-imports.mjs'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** Checks a tree that has only these files, and gives each violation as `file:line: what`. */
function check(files: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-imports-'))
  folders.push(folder)
  for (const [path, text] of Object.entries({ ...workspaces, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return checkImports(folder).map(({ file, line, broken }) => `${file}:${line}: ${broken}`)
}

const workspaces = {
  'package.json': '{ "workspaces": ["senders", "sdk"] }',
  'senders/package.json':
    '{ "name": "@trunkline/senders", "exports": { ".": { "trunkline-source": "./src/index.ts" } } }',
  'senders/src/index.ts': 'export const a = 1',
  'sdk/package.json':
    '{ "name": "@trunkline/sdk", "exports": { ".": { "trunkline-source": "./src/index.ts" }, "./testing": { "trunkline-source": "./src/testing.ts" } } }',
  'sdk/src/index.ts': 'export const a = 1',
  'sdk/src/testing.ts': "export { a } from '@trunkline/senders'",
}

/** A tree in which one file imports another. */
function imports(from: string, target: string, statement = 'import { a } from'): string[] {
  const up = from
    .split('/')
    .slice(1)
    .map(() => '..')
  const specifier = target.startsWith('@') ? target : `${['.', ...up].join('/')}/${target}`
  return check({
    [from]: `${statement} '${specifier}'\n`,
    ...(target.startsWith('@') ? {} : { [target]: 'export const a = 1' }),
  })
}

const typeImport = 'import type { a } from'
const server = (path: string) => `server/src/${path}`

describe('the ranks', () => {
  it.each([
    ['base/id.ts', 'events/event.ts'],
    ['events/append.ts', 'jobs/job.ts'],
    ['access/scope.ts', 'outbound/lane/lane.ts'],
    ['egress/pool.ts', 'http/serve.ts'],
    ['outbound/deliver.ts', 'inbound/receive.ts'],
    ['inbound/receive.ts', 'storage/stores.ts'],
    ['stream/sse.ts', 'api/list.ts'],
    ['responder/turn.ts', 'api/list.ts'],
    ['api/list.ts', 'http/serve.ts'],
    ['http/serve.ts', 'storage/stores.ts'],
    ['storage/rows.ts', 'http/serve.ts'],
    ['config.ts', 'http/serve.ts'],
  ])('refuse that %s imports %s, types too', (from, target) => {
    expect(imports(server(from), server(target))).toHaveLength(1)
    expect(imports(server(from), server(target), typeImport)).toHaveLength(1)
  })

  it.each([
    ['events/append.ts', 'base/id.ts'],
    ['outbound/deliver.ts', 'egress/request.ts'],
    ['inbound/receive.ts', 'inbound/signature/hmac.ts'],
    ['responder/turn.ts', 'conversations/message.ts'],
    ['api/list.ts', 'inbound/source.ts'],
    ['http/serve.ts', 'api/operations.ts'],
    ['storage/sqlite/log.ts', 'storage/rows.ts'],
    ['wire.ts', 'storage/sqlite/open.ts'],
    ['main.ts', 'config.ts'],
    ['config.ts', 'egress/address.ts'],
    ['base/id.test.ts', 'storage/sqlite/open.ts'],
    ['storage/exercise.ts', 'outbound/lane/claim.ts'],
  ])('let %s import %s', (from, target) => {
    expect(imports(server(from), server(target))).toEqual([])
  })

  it('name the file, the line, the rule and its reason', () => {
    const files = {
      'server/src/base/id.ts': "// first\nimport { a } from '../api/list.ts'\n",
      'server/src/api/list.ts': 'export const a = 1',
    }
    expect(check(files)).toEqual(['server/src/base/id.ts:2: base imports api (../api/list.ts)'])
  })

  it('ask for a line in the table when a folder is new', () => {
    expect(zoneOf('server/src/payments/refund.ts').reason).toContain('import-ranks.mjs')
    expect(imports('server/src/payments/refund.ts', 'server/src/base/id.ts')).toHaveLength(1)
  })
})

describe('the plug-ins', () => {
  const source = server('inbound/sources/github/source.ts')

  it.each(['inbound/source.ts', 'inbound/signature/hmac.ts', 'base/errors.ts', 'inbound/sources/github/body.ts'])(
    'may import %s',
    (target) => expect(imports(source, server(target))).toEqual([]),
  )

  it.each([
    'inbound/receive.ts',
    'base/id.ts',
    'events/log-store.ts',
    'inbound/sources/stripe/source.ts',
    'inbound/sources/index.ts',
  ])('may not import %s', (target) => expect(imports(source, server(target))).toHaveLength(1))

  it('may import the senders', () => expect(imports(source, '@trunkline/senders')).toEqual([]))

  it.each(['node:fs', 'node:fs/promises', 'fs', 'node:https', 'node:net'])('may not import %s', (name) => {
    expect(check({ [source]: `import { a } from '${name}'` })).toHaveLength(1)
  })

  it('are listed by the registry, and by nothing else of the server', () => {
    expect(imports(server('inbound/sources/index.ts'), source)).toEqual([])
    expect(imports(server('inbound/receive.ts'), source)).toHaveLength(1)
  })
})

describe('the storage', () => {
  it.each(['events/event.ts', 'outbound/lane/lane-store.ts', 'inbound/source.ts'])(
    'takes types but no values from %s',
    (target) => {
      expect(imports(server('storage/log.ts'), server(target), typeImport)).toEqual([])
      const [broken] = imports(server('storage/log.ts'), server(target))
      expect(broken).toContain('storage imports values of')
      expect(imports(server('storage/sqlite/log.ts'), server(target), 'import { type b, a } from')).toHaveLength(1)
    },
  )

  it('keeps its engines apart, types too', () => {
    expect(imports(server('storage/sqlite/log.ts'), server('storage/postgres/log.ts'), typeImport)).toHaveLength(1)
    expect(imports(server('storage/postgres/log.ts'), server('storage/sqlite/log.ts'), typeImport)).toHaveLength(1)
  })

  it('knows no engine in what both share', () => {
    expect(imports(server('storage/rows.ts'), server('storage/sqlite/log.ts'))).toHaveLength(1)
  })
})

describe('the start', () => {
  it.each(['wire.ts', 'main.ts', 'writer.ts', 'reader.ts', 'boot.mjs', 'config.ts'])(
    'keeps %s to itself and to tests',
    (target) => {
      expect(imports(server('http/serve.ts'), server(target))).toHaveLength(1)
      expect(imports('server/test/whole.test.ts', server(target))).toEqual([])
    },
  )

  it('does not lean on tests', () => {
    expect(imports(server('wire.ts'), server('storage/exercise.ts'))).toHaveLength(1)
  })
})

describe('the other workspaces', () => {
  it.each([
    ['senders/src/github.ts', '@trunkline/sdk'],
    ['sdk/src/verify.ts', '@trunkline/senders'],
    ['dashboard/src/list.tsx', '@trunkline/senders'],
    ['examples/quick-start/receiver.mjs', '@trunkline/senders'],
    ['cli/src/listen.ts', 'server/src/base/id.ts'],
    ['sdk/src/verify.ts', 'server/src/base/id.ts'],
  ])('refuse that %s imports %s', (from, target) => expect(imports(from, target)).toHaveLength(1))

  it.each([
    ['sdk/src/testing.ts', '@trunkline/senders'],
    ['cli/src/listen.ts', '@trunkline/senders'],
    ['cli/src/listen.ts', '@trunkline/sdk'],
    ['dashboard/src/list.tsx', '@trunkline/sdk'],
    ['examples/quick-start/receiver.mjs', '@trunkline/sdk'],
  ])('let %s import %s', (from, target) => expect(imports(from, target)).toEqual([]))
})

describe('packages and words with one place', () => {
  it.each([
    ['undici', 'egress/pool.ts', 'outbound/deliver.ts'],
    ['fastify', 'http/serve.ts', 'outbound/deliver.ts'],
    ['@fastify/swagger', 'http/serve.ts', 'wire.ts'],
    ['fastify-type-provider-zod', 'api/operation.ts', 'events/append.ts'],
    ['kysely', 'storage/rows.ts', 'api/list.ts'],
    ['pg', 'storage/postgres/pool.ts', 'jobs/claim.ts'],
  ])('%s stands in %s and not in %s', (name, right, wrong) => {
    const text = `import type { a } from '${name}'`
    expect(check({ [server(right)]: text })).toEqual([])
    expect(check({ [server(wrong)]: text })).toHaveLength(1)
    expect(check({ [server(wrong.replace('.ts', '.test.ts'))]: text })).toEqual([])
  })

  it.each([
    ['process.env.PORT', 'config.ts'],
    ['process.env.PORT', 'boot.mjs'],
    ['Date.now()', 'base/clock.ts'],
    ['new Date()', 'base/clock.ts'],
    ['new Date', 'base/clock.ts'],
    ['Math.random()', 'base/clock.ts'],
  ])('%s stands only in %s', (code, right) => {
    const text = `export const a = ${code}\n`
    expect(check({ [server(right)]: text })).toEqual([])
    expect(check({ [server('events/append.ts')]: text })).toHaveLength(1)
    expect(check({ [server('events/append.test.ts')]: text })).toEqual([])
  })

  it('are not looked for in comments, texts and dates of a given time', () => {
    const text = "// Date.now()\nexport const a = new Date(1e12), b = 'Math.random()', c = `process.env`\n"
    expect(check({ [server('events/append.ts')]: text })).toEqual([])
  })
})

describe('import cycles', () => {
  it('are found, types and tests included, with the way around', () => {
    const files = {
      'server/src/jobs/a.ts': "import type { b } from './b.ts'",
      'server/src/jobs/b.ts': "export * from './c.ts'",
      'server/src/jobs/c.ts': "\nimport('./a.ts')",
      'sdk/src/x.test.ts': "import './y.test.ts'",
      'sdk/src/y.test.ts': "import './x.test.ts'",
    }
    expect(check(files)).toEqual([
      'sdk/src/y.test.ts:1: import cycle: sdk/src/x.test.ts → sdk/src/y.test.ts → sdk/src/x.test.ts',
      'server/src/jobs/c.ts:2: import cycle: server/src/jobs/a.ts → server/src/jobs/b.ts → server/src/jobs/c.ts → server/src/jobs/a.ts',
    ])
  })

  it('are not seen where two files import the same third', () => {
    const files = {
      'server/src/jobs/a.ts': "import './b.ts'\nimport './c.ts'",
      'server/src/jobs/b.ts': "import './c.ts'",
      'server/src/jobs/c.ts': '',
    }
    expect(check(files)).toEqual([])
  })
})
