import { spread } from '../measure/statistics.ts'
import type { Measured } from '../measure/window.ts'
import { defined, eventsPerSecond, latency, markdown, show } from './figures.ts'
import { find, type Line, ratios } from './table.ts'

/** What more processes on one PostgreSQL bring, and how much of the processor's time is the database's. */
export function processesTable(lines: readonly Line[]): string {
  const rows = lines.map(({ cell, rounds }) => {
    const [one] = cell.beside
    const beside = one === undefined ? [] : ratios(rounds, find(lines, cell.part, one)?.rounds)
    return [
      cell.name,
      eventsPerSecond(rounds),
      show(spread(beside), (n) => `${n.toFixed(2)} times`),
      show(spread(defined(rounds.map((each) => each.cpuUs))), whole),
      show(spread(defined(rounds.map((each) => each.databaseCpuUs))), whole),
      show(spread(defined(rounds.map(databaseShare))), (n) => `${n.toFixed(0)} %`),
      latency(rounds.map((each) => each.deliveryMs)),
    ]
  })
  const head = ['', 'events/s', 'beside 1 process', 'CPU µs/event, servers', 'CPU µs/event, PostgreSQL']
  return markdown([[...head, "the database's share of the CPU", 'delivered p50 / p99 ms'], ...rows])
}

const whole = (n: number) => n.toFixed(0)

function databaseShare({ cpuUs, databaseCpuUs }: Measured): number | undefined {
  if (cpuUs === undefined || databaseCpuUs === undefined) return undefined
  return (databaseCpuUs / (cpuUs + databaseCpuUs)) * 100
}
