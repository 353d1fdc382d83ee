import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findSecretKey } from './secret-key.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trunkline-'))
})
afterEach(() => {
  chmodSync(folder, 0o700)
  rmSync(folder, { recursive: true })
})

describe('a folder without a key', () => {
  it('gets one, which only this user reads, and which stays', () => {
    const made = findSecretKey(folder, undefined)
    expect(made.madeAt).toBe(join(folder, 'secret-key'))
    expect(made.key).toHaveLength(32)
    expect(statSync(join(folder, 'secret-key')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(folder, 'secret-key'), 'utf8')).toBe(`${made.key.toString('base64')}\n`)
    expect(findSecretKey(folder, undefined)).toEqual({ key: made.key, madeAt: undefined })
    expect(readdirSync(folder)).toEqual(['secret-key'])
  })

  it('is made itself, for this user only', () => {
    const below = join(folder, 'a', 'b')
    findSecretKey(below, undefined)
    expect(statSync(below).mode & 0o777).toBe(0o700)
  })

  it('is left alone when a key is configured', () => {
    const key = randomBytes(32)
    expect(findSecretKey(folder, key)).toEqual({ key, madeAt: undefined })
    expect(readdirSync(folder)).toEqual([])
  })

  it('gets one key from several processes that start at once', async () => {
    const program = `
      const { findSecretKey } = await import(${JSON.stringify(join(import.meta.dirname, 'secret-key.ts'))})
      console.log(findSecretKey(${JSON.stringify(folder)}, undefined).key.toString('hex'))`
    const run = () => promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program])
    const keys = await Promise.all(Array.from({ length: 4 }, run))
    expect(new Set(keys.map((each) => each.stdout)).size).toBe(1)
    expect(readdirSync(folder)).toEqual(['secret-key'])
  })
})

describe('a folder with a key', () => {
  it('may be given the same one by the configuration', () => {
    const { key } = findSecretKey(folder, undefined)
    expect(findSecretKey(folder, Buffer.from(key))).toEqual({ key, madeAt: undefined })
  })

  it('refuses another one, names the file and the variable, and neither key', () => {
    const { key } = findSecretKey(folder, undefined)
    const other = randomBytes(32)
    const message = messageOf(() => findSecretKey(folder, other))
    expect(message).toContain(`TRUNKLINE_SECRET_KEY differs from the key in ${join(folder, 'secret-key')}`)
    expect(message).not.toContain(key.toString('base64'))
    expect(message).not.toContain(other.toString('base64'))
  })

  it.each(['', 'short', 'a'.repeat(100), '\0\0'])('that is broken (%j) says so, and is not replaced', (text) => {
    writeFileSync(join(folder, 'secret-key'), text)
    expect(messageOf(() => findSecretKey(folder, undefined))).toMatch(
      /must hold 32 bytes in base64; it holds \d+\. Restore it/,
    )
    expect(readFileSync(join(folder, 'secret-key'), 'utf8')).toBe(text)
  })
})

function messageOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('it did not throw')
}
