import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** A process under test, with a folder of its own that goes with it. */
export interface Child {
  pid: number
  folder: string
  /** What it said when it was ready: the groups of `isReady`. */
  greeting: RegExpExecArray
  assertRuns(): void
  /** Asks it to end and waits; it is killed when it does not. */
  stop(): Promise<void>
}

export interface ChildPlan {
  args: readonly string[]
  env?: Readonly<Record<string, string>>
  /** What it prints when it can be used. */
  isReady: RegExp
}

const startLimitMs = 20_000
const stopLimitMs = 25_000

/** The children that run, so that none outlives the benchmark. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/**
 * Starts node. Its output goes to a file: lines of a log that came through a pipe would cost the measuring process time.
 * The folder is on the disk of the checkout and not in the system's temporary one, which is often in memory.
 */
export async function startChild(workFolder: string, plan: (folder: string) => ChildPlan): Promise<Child> {
  const folder = mkdtempSync(join(workFolder, 'run-'))
  const { args, env = {}, isReady } = plan(folder)
  const outputFile = join(folder, 'output')
  const output = openSync(outputFile, 'w')
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, TZ: process.env.TZ, ...env },
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  running.add(child)
  child.once('exit', () => running.delete(child))
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const text = () => readFileSync(outputFile, 'utf8')
  const stop = async () => {
    await ended(child)
    rmSync(folder, { recursive: true, force: true })
  }
  const beganAt = performance.now()
  for (;;) {
    const greeting = isReady.exec(text())
    if (greeting) return { pid: child.pid ?? 0, folder, greeting, assertRuns, stop }
    if (hasEnded() || performance.now() - beganAt > startLimitMs) {
      const said = text()
      await stop()
      throw new Error(`node ${args.join(' ')} did not start:\n${said.slice(-2000)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }

  function assertRuns(): void {
    if (hasEnded()) throw new Error(`node ${args.join(' ')} ended:\n${text().slice(-2000)}`)
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    child.kill('SIGTERM')
  })
}
