import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './run.mjs'

const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const dependencies = (file: string): string[] =>
  Object.keys((JSON.parse(read(file)) as { dependencies?: object }).dependencies ?? {})

describe('the packages', () => {
  const ofServer = dependencies('server/package.json').filter((name) => !name.startsWith('@trunkline/'))

  it('of the server are under twenty, each with its reason in CONTRIBUTING.md', () => {
    expect(ofServer.length).toBeLessThan(20)
    const text = read('CONTRIBUTING.md')
    expect(ofServer.filter((name) => !text.includes(`\`${name}\``))).toEqual([])
  })

  it('of the SDK and the senders are none', () => {
    expect([...dependencies('sdk/package.json'), ...dependencies('senders/package.json')]).toEqual([])
  })

  it('are locked without the address of a registry, so that everybody installs from their own', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { resolved?: string }> }
    const resolved = Object.values(packages).map((each) => each.resolved ?? '')
    expect(resolved.filter((each) => each.includes('://'))).toEqual([])
  })
})
