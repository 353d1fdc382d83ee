import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from './run.mjs'

// The SDK as its users get it: built and packed in a copy, so that nothing of this checkout can help.

const folder = mkdtempSync(join(tmpdir(), 'trunkline-pack-'))
const copy = join(folder, 'repository')
const user = join(folder, 'user')
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const npm = (cwd: string, ...words: string[]): string =>
  execFileSync('npm', [...words, '--offline', '--cache', join(folder, 'cache'), '--no-audit', '--no-fund'], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

beforeAll(() => {
  for (const path of ['senders', 'sdk', 'tsconfig.base.json', 'scripts/bundle-senders.mjs', 'scripts/run.mjs'])
    cpSync(join(root, path), join(copy, path), { recursive: true, filter: (file) => !/\/dist(\/|$)/.test(file) })
  mkdirSync(join(copy, 'node_modules/@trunkline'), { recursive: true })
  symlinkSync(join(copy, 'senders'), join(copy, 'node_modules/@trunkline/senders'))
  for (const name of ['@types', 'undici-types'])
    symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name))
  execFileSync(process.execPath, [tsc, '-b', 'sdk'], { cwd: copy, stdio: ['ignore', 'inherit', 'inherit'] })
  npm(join(copy, 'sdk'), 'pack', '--pack-destination', folder)
  mkdirSync(user)
  writeFileSync(join(user, 'package.json'), '{ "type": "module" }')
  npm(
    user,
    'install',
    '--ignore-scripts',
    ...readdirSync(folder).flatMap((each) => (each.endsWith('.tgz') ? [join(folder, each)] : [])),
  )
}, 180_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const installed = join(user, 'node_modules/@trunkline/sdk')

function run(program: string): string {
  writeFileSync(join(user, 'program.mjs'), program)
  return execFileSync(process.execPath, ['program.mjs'], { cwd: user, encoding: 'utf8' })
}

describe('the packed SDK', () => {
  it('is the only package that its user needs, and holds neither sources nor tests', () => {
    expect(readdirSync(join(user, 'node_modules/@trunkline'))).toEqual(['sdk'])
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' })
    expect(
      files.filter((each) => /test|exercise|\.map$|tsbuildinfo|(?<!\.d)\.ts$/.test(each) && !/testing/.test(each)),
    ).toEqual([])
    const texts = files
      .filter((each) => each.endsWith('.js'))
      .map((each) => readFileSync(join(installed, each), 'utf8'))
    expect(texts.filter((each) => /from ['"]@trunkline/.test(each))).toEqual([])
  })

  it('makes deliveries that it verifies, and requests of every provider', () => {
    const printed = run(`
      import { verify } from '@trunkline/sdk'
      import { kinds, signedDelivery, signedRequest } from '@trunkline/sdk/testing'
      const secret = 'whsec_' + Buffer.alloc(32, 7).toString('base64')
      const { headers, body } = signedDelivery({ secret, id: 'evt_1', type: 'a.b', data: 1 })
      console.log(verify(body, headers, secret).id)
      for (const { kind, events } of kinds) for (const event of events) signedRequest({ kind, event, secret })
      console.log(kinds.length > 2)
    `)
    expect(printed).toBe('evt_1\ntrue\n')
  })

  it('brings its types along', () => {
    const program = `
      import { createClient } from '@trunkline/sdk'
      import { signedRequest, type TestRequest } from '@trunkline/sdk/testing'
      const request: TestRequest = signedRequest({ kind: 'github', secret: 'It is a secret' })
      export const api = createClient({ url: request.query, apiKey: '' })
    `
    writeFileSync(join(user, 'program.ts'), program)
    symlinkSync(join(root, 'node_modules/@types'), join(user, 'node_modules/@types'))
    symlinkSync(join(root, 'node_modules/undici-types'), join(user, 'node_modules/undici-types'))
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node']
    expect(() =>
      execFileSync(process.execPath, [tsc, ...options, 'program.ts'], { cwd: user, stdio: 'pipe' }),
    ).not.toThrow()
  })
})
