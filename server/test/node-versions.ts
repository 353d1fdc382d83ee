import { execFile } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const cache = fileURLToPath(new URL('../../.cache', import.meta.url))

/** The program of a newer Node, installed from npm into `.cache` when it is not there yet; or why it cannot be had. */
export async function findNode(major: number): Promise<{ program: string } | { reason: string }> {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const folder = join(cache, `node${major}`)
  const program = join(folder, 'node_modules', name, 'bin', 'node')
  try {
    if (!existsSync(program)) {
      mkdirSync(folder, { recursive: true })
      const options = ['--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts']
      await promisify(execFile)('npm', ['install', ...options, `${name}@${major}`], { cwd: folder, timeout: 120_000 })
    }
    const { stdout } = await promisify(execFile)(program, ['--version'])
    return stdout.startsWith(`v${major}.`) ? { program } : { reason: `${program} is ${stdout.trim()}` }
  } catch (error) {
    return { reason: `${name}@${major} cannot be installed: ${(error as Error).message.trim().split('\n')[0]}` }
  }
}

/** A launcher that runs the server with this program in place of the Node of the tests. */
export const withNode = (program: string): readonly string[] => ['sh', '-c', 'shift; exec "$0" "$@"', program]
