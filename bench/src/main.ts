import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openReceiver } from './load/receiver.ts'
import { describeMachine } from './measure/machine.ts'
import type { Measured } from './measure/window.ts'
import { type Options, readOptions, usage } from './options.ts'
import { acceptCells } from './parts/accept.ts'
import type { Bench, Cell } from './parts/bench.ts'
import { endToEndCells } from './parts/end-to-end.ts'
import { latencyCells } from './parts/latency.ts'
import { profile } from './parts/profile.ts'
import { writeReadme } from './report/readme.ts'
import { type Line, table } from './report/table.ts'
import { openDatabases } from './systems/databases.ts'

/** Runs the benchmark; answers the exit code. */
export async function main(args: readonly string[], root: string): Promise<number> {
  if (args.includes('--help')) {
    say(usage)
    return 0
  }
  let options: Options
  try {
    options = readOptions(args)
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`)
    return 1
  }
  mkdirSync(join(root, '.cache/bench'), { recursive: true })
  const workFolder = mkdtempSync(join(root, '.cache/bench/work-'))
  const removeFiles = () => rmSync(workFolder, { recursive: true, force: true })
  // A signal ends a process without its `exit`, and the servers under test would live on.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  process.once('exit', removeFiles)
  const receiver = await openReceiver()
  const databases = await openDatabases(root, say)
  try {
    const bench = { root, workFolder, receiver, databases }
    if (options.mode === 'profile') await profile(bench, options.store, options.times, say)
    else await report(bench, options)
    return 0
  } finally {
    receiver.close()
    await databases?.stop()
    removeFiles()
  }
}

async function report(bench: Bench, options: Options): Promise<void> {
  const machine = describeMachine(bench.workFolder)
  say(machine)
  const lines =
    options.mode === 'long'
      ? await runRounds(latencyCells(bench, [1000]), options)
      : await runRounds(
          [...acceptCells(bench), ...endToEndCells(bench), ...latencyCells(bench)].filter(({ part }) =>
            options.parts.includes(part),
          ),
          options,
        )
  const measured = `Measured on ${machine}.\n\n${table(lines)}`
  say(`\n${measured}`)
  if (options.writes) writeReadme(join(bench.root, 'bench/README.md'), measured)
}

/** Every cell once a round, so that what is compared ran at nearly the same time; every other round backwards. */
async function runRounds(cells: readonly Cell[], options: Options): Promise<Line[]> {
  const found = new Map<Cell, Measured[]>(cells.map((cell) => [cell, []]))
  for (let round = 0; round < Math.max(options.rounds, options.latencyRounds); round++) {
    const due = cells.filter(({ part }) => round < (part === 'd' ? options.latencyRounds : options.rounds))
    for (const cell of round % 2 === 0 ? due : due.reverse()) {
      const measured = await cell.run(cell.part === 'd' ? options.latencyTimes : options.times)
      found.get(cell)?.push(measured)
      say(`${round + 1}. ${cell.part} ${cell.name}: ${inOneLine(measured)}`)
    }
  }
  return cells.map((cell) => ({ cell, rounds: found.get(cell) ?? [] }))
}

function inOneLine({ perSecond, cpuUs, databaseCpuUs, deliveryMs }: Measured): string {
  const cpu = [cpuUs, databaseCpuUs].filter((each) => each !== undefined).map((each) => each.toFixed(0))
  const latency = deliveryMs ? `, delivered in ${deliveryMs.p50.toFixed(1)} / ${deliveryMs.p99.toFixed(1)} ms` : ''
  return `${Math.round(perSecond)} events/s, ${cpu.join(' + ')} µs CPU an event${latency}`
}

function say(line: string): void {
  console.log(line)
}
