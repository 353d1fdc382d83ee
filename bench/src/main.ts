import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openReceiver } from './load/receiver.ts'
import { describeMachine } from './measure/machine.ts'
import type { Measured } from './measure/window.ts'
import { type Options, readOptions, usage } from './options.ts'
import { acceptCells } from './parts/accept.ts'
import { acceptScaleCells } from './parts/accept-scale.ts'
import type { Bench, Cell } from './parts/bench.ts'
import { endToEndCells } from './parts/end-to-end.ts'
import { everythingCells } from './parts/everything.ts'
import { fairnessCells } from './parts/fairness.ts'
import { latencyCells } from './parts/latency.ts'
import { processesCells } from './parts/processes.ts'
import { profile } from './parts/profile.ts'
import { scale } from './parts/scale.ts'
import { usualCells } from './parts/usual.ts'
import { acceptScaleTable } from './report/accept-scale-table.ts'
import { everythingTable } from './report/everything-table.ts'
import { fairnessTable } from './report/fairness-table.ts'
import { processesTable } from './report/processes-table.ts'
import { writeReadme } from './report/readme.ts'
import { scaleTable } from './report/scale-table.ts'
import { type Line, table } from './report/table.ts'
import { usualTable } from './report/usual-table.ts'
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
  // A signal ends a process without its `exit`, and the servers under test would live on. Not `once`: the terminal sends
  // it, and so does `scripts/bench.mjs`, and the second one would come in the middle of the tidying.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
  process.once('exit', removeFiles)
  const receiver = await openReceiver()
  const databases = await openDatabases(root, say)
  try {
    const bench = { root, workFolder, receiver, databases }
    if (options.mode === 'profile') await profile(bench, options.store, options.times, say)
    else await report(bench, options, options.mode)
    return 0
  } finally {
    receiver.close()
    await databases?.stop()
    removeFiles()
  }
}

async function report(bench: Bench, options: Options, mode: Exclude<Options['mode'], 'profile'>): Promise<void> {
  const machine = describeMachine(bench.workFolder)
  say(machine)
  const measured = `Measured on ${machine}.\n\n${await measureTable(bench, options, mode)}`
  say(`\n${measured}`)
  const isLonger = mode !== 'table' && mode !== 'long'
  if (options.writes)
    writeReadme(join(bench.root, 'bench/README.md'), isLonger ? `measured:${mode}` : 'measured', measured)
}

async function measureTable(
  bench: Bench,
  options: Options,
  mode: Exclude<Options['mode'], 'profile'>,
): Promise<string> {
  switch (mode) {
    case 'table': {
      const cells = [...acceptCells(bench), ...endToEndCells(bench), ...latencyCells(bench)]
      return table(
        await runRounds(
          cells.filter(({ part }) => options.parts.includes(part)),
          options,
        ),
      )
    }
    case 'long':
      return table(await runRounds(latencyCells(bench, [1000]), options))
    case 'usual':
      return usualTable(await runRounds(await usualCells(bench, say), options))
    case 'processes':
      return processesTable(await runRounds(processesCells(bench, say), options))
    case 'accept-scale':
      return acceptScaleTable(await runRounds(acceptScaleCells(bench, options), options))
    case 'fairness':
      return fairnessTable(await runRounds(fairnessCells(bench, options), options))
    case 'everything':
      return everythingTable(await runRounds(everythingCells(bench, options.first), options))
    case 'scale':
      return scaleTable(await scale(bench, options, say))
  }
}

/** Every cell once a round, so that what is compared ran at nearly the same time; every other round backwards. */
async function runRounds(cells: readonly Cell[], options: Options): Promise<Line[]> {
  const found = new Map<Cell, Measured[]>(cells.map((cell) => [cell, []]))
  for (let round = 0; round < Math.max(options.rounds, options.latencyRounds); round++) {
    const due = cells.filter(({ part }) => round < (part === 'd' ? options.latencyRounds : options.rounds))
    for (const cell of round % 2 === 0 ? due : due.reverse()) {
      const measured = await cell.run(cell.part === 'd' ? options.latencyTimes : options.times).catch((cause) => {
        throw new Error(`${cell.part} ${cell.name}: ${(cause as Error).message}`, { cause })
      })
      found.get(cell)?.push(measured)
      say(`${round + 1}. ${cell.part} ${cell.name}: ${inOneLine(measured)}`)
    }
  }
  return cells.map((cell) => ({ cell, rounds: found.get(cell) ?? [] }))
}

function inOneLine({ perSecond, cpuUs, databaseCpuUs, deliveryMs, crowd }: Measured): string {
  const times = [cpuUs, databaseCpuUs].filter((each) => each !== undefined).map((each) => each.toFixed(0))
  const cpu = times.length > 0 ? `, ${times.join(' + ')} µs CPU an event` : ''
  const beside = crowd
    ? `, ${crowd.perSecond.toFixed(0)}/s of a backlog, a new customer's first in ${crowd.firstMs.toFixed(1)} ms`
    : ''
  const latency = deliveryMs ? `, delivered in ${deliveryMs.p50.toFixed(1)} / ${deliveryMs.p99.toFixed(1)} ms` : ''
  return `${Math.round(perSecond)} events/s${cpu}${latency}${beside}`
}

function say(line: string): void {
  console.log(line)
}
