import { spread } from '../measure/statistics.ts'
import type { Measured } from '../measure/window.ts'
import { defined, eventsPerSecond, markdown, processorTime, show } from './figures.ts'
import { find, type Line } from './table.ts'

/** What an event costs when its endpoint asks for everything, and how many times what it costs otherwise. */
export function everythingTable(lines: readonly Line[]): string {
  const others = lines.find(({ cell }) => cell.beside.length > 0)?.cell.beside ?? []
  // The first version is there only where somebody has built it.
  const isThere = others.map((_, at) => lines.some(({ cell }) => find(lines, cell.part, cell.beside[at] ?? '')))
  const rows = lines.map(({ cell, rounds }) => {
    const times = isThere.flatMap((there, at) => {
      const beside = find(lines, cell.part, cell.beside[at] ?? '')?.rounds ?? []
      const each = spread(defined(rounds.map((one, i) => timesOf(one, beside[i]))))
      return there ? [show(each, (n) => n.toFixed(2))] : []
    })
    return [cell.name, eventsPerSecond(rounds), processorTime(rounds), ...times]
  })
  const heads = ['CPU, times', 'CPU, times the first version’s'].filter((_, at) => isThere[at])
  return markdown([['', 'events/s', 'CPU µs/event', ...heads], ...rows])
}

/** The processor time of the database counts too. */
function timesOf(one: Measured, other: Measured | undefined): number | undefined {
  const [a, b] = [one, other].map((each) => each?.cpuUs && each.cpuUs + (each.databaseCpuUs ?? 0))
  return a && b ? a / b : undefined
}
