import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withLock } from './lock.mjs'

let folder: string
let lock: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trunkline-lock-'))
  lock = join(folder, 'deeper', 'lock')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Another process that writes to a log when it has the lock, and again before it gives it back. */
function contender(name: string, more = '') {
  const script = `
    import { appendFileSync } from 'node:fs'
    import { withLock } from ${JSON.stringify(new URL('./lock.mjs', import.meta.url).href)}
    await withLock(${JSON.stringify(lock)}, async () => {
      appendFileSync(${JSON.stringify(join(folder, 'log'))}, '${name} in\\n')
      ${more}
      await new Promise((resolve) => setTimeout(resolve, 50))
      appendFileSync(${JSON.stringify(join(folder, 'log'))}, '${name} out\\n')
    })`
  return once(spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }), 'exit')
}

describe('withLock', () => {
  it('lets one process work at a time', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => contender(name)))
    const lines = readFileSync(join(folder, 'log'), 'utf8').trim().split('\n')
    expect(lines).toHaveLength(8)
    for (let i = 0; i < 8; i += 2) expect(lines[i + 1]).toBe(lines[i]?.replace('in', 'out'))
    expect(existsSync(lock)).toBe(false)
  })

  it('is taken over from a process that was killed, by one only', async () => {
    await contender('dead', "process.kill(process.pid, 'SIGKILL')")
    expect(existsSync(lock)).toBe(true)
    await Promise.all(['a', 'b', 'c'].map((name) => contender(name)))
    const lines = readFileSync(join(folder, 'log'), 'utf8').trim().split('\n')
    expect(lines).toHaveLength(7)
    for (let i = 1; i < 7; i += 2) expect(lines[i + 1]).toBe(lines[i]?.replace('in', 'out'))
  })

  it('is taken over when nobody has touched it for long, although the process number lives', async () => {
    await withLock(lock, async () => {})
    writeFileSync(lock, `${process.pid} other`)
    const longAgo = new Date(Date.now() - 60_000)
    utimesSync(lock, longAgo, longAgo)
    expect(await withLock(lock, async () => 'done')).toBe('done')
  })

  it('is given back when the work fails', async () => {
    await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(existsSync(lock)).toBe(false)
  })
})
