import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from './child.ts'

const programs = fileURLToPath(new URL('../rivals/', import.meta.url))

/**
 * Installs the packages of the rivals, which the project itself does not have, below .cache. False, with the reason
 * said, where they cannot be had.
 */
export async function installRivals(root: string, say: (line: string) => void): Promise<boolean> {
  const folder = join(root, '.cache/bench/rivals')
  mkdirSync(folder, { recursive: true })
  const lists = ['package.json', 'package-lock.json']
  const hash = createHash('sha256').update(process.version)
  for (const list of lists) hash.update(readFileSync(join(root, 'bench/rivals', list)))
  const wanted = hash.digest('hex')
  const stamp = join(folder, 'node_modules/.installed')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    for (const list of lists) copyFileSync(join(root, 'bench/rivals', list), join(folder, list))
    say('Installing the packages of the rivals into .cache/bench/rivals.')
    // Not `ci`: it wants binaries for every platform in the lock file, and not every registry has them all.
    const { code, output } = await npm(['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'], folder)
    if (code !== 0) {
      say(`The rivals are left out: npm could not install bench/rivals/package.json.\n${output.slice(0, 2000)}`)
      return false
    }
    writeFileSync(stamp, wanted)
  }
  // The programs are built elsewhere, and look for their packages beside themselves.
  const link = join(programs, 'node_modules')
  if (!existsSync(link)) symlinkSync(join(folder, 'node_modules'), link, 'junction')
  return true
}

/** npm as it was started by, when it was. What `npm run` tells its scripts of our own packages is not for this folder. */
function npm(args: readonly string[], cwd: string): Promise<{ code: number; output: string }> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(package_|lifecycle_|config_local_prefix|config_loglevel)/.test(name),
    ),
  )
  const script = process.env.npm_execpath
  return script && /npm-cli\.c?js$/.test(script)
    ? runProgram(process.execPath, [script, ...args], { cwd, env })
    : runProgram('npm', args, { cwd, env })
}
