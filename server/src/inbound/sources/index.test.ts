import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sourceDefinitions } from './index.ts'

const root = join(import.meta.dirname, '../../../..')
const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)

describe('the kinds of source', () => {
  it('are the folders, under their own names', () => {
    expect([...sourceDefinitions.keys()].sort()).toEqual(folders.sort())
    for (const [name, definition] of sourceDefinitions) expect(definition.kind).toBe(name)
  })

  it('each have settings that may be left out, a page for the operator and fixtures', () => {
    for (const [name, definition] of sourceDefinitions) {
      const folder = join(import.meta.dirname, name)
      expect(definition.config.safeParse({}).success, name).toBe(true)
      expect(definition.config.safeParse({ unknownSetting: 1 }).success, name).toBe(false)
      expect(definition.limits.bodyBytes, name).toBeGreaterThan(0)
      const setup = readFileSync(join(folder, 'setup.md'), 'utf8')
      expect(setup, name).toMatch(/\(https:\/\/.*read on \d{4}-\d\d-\d\d\./s)
      expect(setup, name).toContain('Dedupe key')
      expect(readdirSync(join(folder, 'fixtures')).length, name).toBeGreaterThan(0)
      expect(existsSync(join(folder, 'source.test.ts')), name).toBe(true)
    }
  })
})

describe('generate-sources', () => {
  it('finds the committed file right', () => {
    expect(run(root, '--check')).toMatchObject({ status: 0, stderr: '' })
  })

  it('finds a file wrong that another folder has outdated, and writes it anew', () => {
    const copy = mkdtempSync(join(tmpdir(), 'sources-'))
    const sources = join(copy, 'server/src/inbound/sources')
    mkdirSync(join(copy, 'scripts'))
    cpSync(join(root, 'scripts/generate-sources.mjs'), join(copy, 'scripts/generate-sources.mjs'))
    mkdirSync(join(sources, 'two-words'), { recursive: true })
    writeFileSync(join(sources, 'index.ts'), 'anything')
    expect(run(copy, '--check')).toMatchObject({ status: 1, stderr: expect.stringContaining('out of date') })
    expect(run(copy)).toMatchObject({ status: 0 })
    expect(run(copy, '--check')).toMatchObject({ status: 0 })
    expect(readFileSync(join(sources, 'index.ts'), 'utf8')).toContain("import twoWords from './two-words/source.ts'")
    mkdirSync(join(sources, 'Wrong Name'))
    expect(run(copy)).toMatchObject({ status: 1, stderr: expect.stringContaining('Wrong Name') })
  })
})

function run(folder: string, ...flags: string[]) {
  return spawnSync(process.execPath, [join(folder, 'scripts/generate-sources.mjs'), ...flags], { encoding: 'utf8' })
}
