import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { GuardReport } from './exercise-guard.ts'
import { forbiddenLiterals, forbiddenNames } from './exercise-spellings.ts'

// As root, or as anybody where users may make namespaces.
const unshare = [['-n'], ['-rn']].find((flags) => closedNetwork(flags, 'true').status === 0)
if (!unshare) console.warn('guard.test.ts is skipped: neither `unshare -n` nor `unshare -rn` can make a network here')

function closedNetwork(flags: readonly string[], command: string) {
  const child = ['sh', '-c', `ip link set lo up && exec ${command}`]
  return spawnSync('unshare', [...flags, ...child], { encoding: 'utf8', timeout: 60_000, cwd: import.meta.dirname })
}

describe.skipIf(!unshare)('in a closed network', () => {
  it('no forbidden spelling or answer gets a connection', () => {
    const script = fileURLToPath(new URL('./exercise-guard.ts', import.meta.url))
    const { stdout, stderr } = closedNetwork(unshare ?? [], `"${process.execPath}" --import tsx "${script}"`)
    expect(stderr).toBe('')
    const report = JSON.parse(stdout) as GuardReport
    const flips = report.calls.filter(({ what }) => what.startsWith('flip'))
    const others = report.calls.filter((call) => !flips.includes(call))
    expect(others.filter(({ outcome }) => outcome !== 'PRIVATE_ADDRESS')).toEqual([])
    expect(others.length).toBeGreaterThan(4 * (forbiddenLiterals.length + forbiddenNames.length))
    expect(flips.map(({ outcome }) => outcome)).toEqual([
      'CONNECT_FAILED',
      'PRIVATE_ADDRESS',
      'PRIVATE_ADDRESS',
      'PRIVATE_ADDRESS',
    ])
    // The one that was made on purpose.
    expect(report.trapped).toBe(1)
    expect(report.lookUps).toContain('localhost')
  })
})
