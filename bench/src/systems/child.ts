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
  hasEnded(): boolean
  /** All that it has said. */
  output(): string
  /** Asks it to end and waits; it is killed when it does not. */
  stop(): Promise<void>
}

export interface ChildPlan {
  /** Node, where nothing is said. */
  program?: string
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
 * Starts a program. Its output goes to a file: lines of a log that came through a pipe would cost the measuring process time.
 * The folder is on the disk of the checkout and not in the system's temporary one, which is often in memory.
 */
export async function startChild(workFolder: string, plan: (folder: string) => ChildPlan): Promise<Child> {
  const folder = mkdtempSync(join(workFolder, 'run-'))
  const { program = process.execPath, args, env = {}, isReady } = plan(folder)
  const called = `${program === process.execPath ? 'node' : program} ${args.join(' ')}`
  const outputFile = join(folder, 'output')
  const output = openSync(outputFile, 'w')
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, TZ: process.env.TZ, ...env },
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  running.add(child)
  let failure = ''
  child.once('exit', () => running.delete(child))
  child.once('error', (error) => {
    failure = error.message
    running.delete(child)
  })
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null || failure !== ''
  const text = () => readFileSync(outputFile, 'utf8')
  const stop = async () => {
    await ended(child)
    rmSync(folder, { recursive: true, force: true })
  }
  const beganAt = performance.now()
  for (;;) {
    const greeting = isReady.exec(text())
    if (greeting) return { pid: child.pid ?? 0, folder, greeting, assertRuns, hasEnded, output: text, stop }
    if (hasEnded() || performance.now() - beganAt > startLimitMs) {
      const said = failure || text()
      await stop()
      throw new Error(`${called} did not start:\n${said.slice(-2000)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }

  function assertRuns(): void {
    if (hasEnded()) throw new Error(`${called} ended:\n${text().slice(-2000)}`)
  }
}

/** Runs a program to its end; answers its exit code and what it said. It ends with the benchmark. */
export function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env = process.env }: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<{ code: number; output: string }> {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return new Promise((resolve) => {
    const finish = (code: number, last = '') => {
      running.delete(child)
      resolve({ code, output: Buffer.concat(chunks).toString() + last })
    }
    child.once('error', (error) => finish(127, `${program}: ${error.message}`))
    child.once('close', (code) => finish(code ?? 1))
  })
}

function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    child.kill('SIGTERM')
  })
}
