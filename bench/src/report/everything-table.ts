import { spread } from '../measure/statistics.ts'
import type { Measured } from '../measure/window.ts'
import { defined, eventsPerSecond, markdown, processorTime, show } from './figures.ts'
import { find, type Line } from './table.ts'

/** What an event costs when its endpoint asks for everything, and how many times what it costs otherwise. */
export function everythingTable(lines: readonly Line[]): string {
  const rows = lines.map(({ cell, rounds }) => {
    const others = find(lines, cell.part, cell.beside[0] ?? '')?.rounds ?? []
    const times = spread(defined(rounds.map((each, i) => timesOf(each, others[i]))))
    return [cell.name, eventsPerSecond(rounds), processorTime(rounds), show(times, (n) => n.toFixed(2))]
  })
  return markdown([['', 'events/s', 'CPU µs/event', 'CPU, times'], ...rows])
}

/** The processor time of the database counts too. */
function timesOf(one: Measured, other: Measured | undefined): number | undefined {
  const [a, b] = [one, other].map((each) => each?.cpuUs && each.cpuUs + (each.databaseCpuUs ?? 0))
  return a && b ? a / b : undefined
}
