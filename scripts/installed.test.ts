import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { isInstalled } from './installed.mjs'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const wanted = {
  '': { name: 'x', dependencies: { a: '1' } },
  part: { name: 'part', dependencies: { b: '2' } },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/b': { version: '2.0.0', integrity: 'sha512-b' },
}
const { '': _, ...found } = wanted

/** A repository whose lockfile wants `wanted`, and whose node_modules holds `found`. */
function check({ wants = wanted as object, has = found as object | null, dependencies = { b: '2' } as object } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-installed-'))
  folders.push(folder)
  mkdirSync(join(folder, 'node_modules'))
  mkdirSync(join(folder, 'part'))
  writeFileSync(join(folder, 'package.json'), '{ "name": "x", "dependencies": { "a": "1" } }')
  writeFileSync(join(folder, 'part/package.json'), JSON.stringify({ name: 'part', dependencies }))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: wants }))
  if (has) writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages: has }))
  return isInstalled(folder, ['part'])
}

describe('isInstalled', () => {
  it('is true when every package is there as it is locked', () => expect(check()).toBe(true))

  it('is false without a list of what is there, and when a package is missing or another', () => {
    expect(check({ has: null })).toBe(false)
    expect(check({ has: { ...found, 'node_modules/b': undefined } })).toBe(false)
    expect(check({ has: { ...found, 'node_modules/b': { version: '2.0.1', integrity: 'sha512-c' } } })).toBe(false)
  })

  it('is false when a package.json asks for what is not locked', () => {
    expect(check({ dependencies: { b: '2', c: '3' } })).toBe(false)
  })

  it('expects the optional packages of this machine, and of no other', () => {
    const native = (os: string) => ({ ...wanted, 'node_modules/n': { version: '1.0.0', optional: true, os: [os] } })
    expect(check({ wants: native('another') })).toBe(true)
    expect(check({ wants: native(process.platform) })).toBe(false)
  })
})
