import { spread } from '../measure/statistics.ts'
import type { Measured } from '../measure/window.ts'
import { trunklines } from '../parts/usual.ts'
import { eventsPerSecond, markdown, processorTime, show } from './figures.ts'
import { find, type Line, ratios } from './table.ts'

/** How Trunkline does beside what is built the usual way: times as many events a second, taken within each round. */
export function usualTable(lines: readonly Line[]): string {
  const times = (other: string, rounds: readonly Measured[]) =>
    show(spread(ratios(find(lines, 'c', other)?.rounds ?? [], rounds)), (n) => n.toFixed(1))
  const rows = lines.map(({ cell, rounds }) => [
    cell.name,
    eventsPerSecond(rounds),
    processorTime(rounds, cell.name.startsWith('BullMQ') ? 'PostgreSQL and Redis' : 'PostgreSQL'),
    ...Object.values(trunklines).map((name) => (cell.beside.includes(name) ? times(name, rounds) : '–')),
  ])
  const heads = Object.values(trunklines).map((name) => `${name} does, times`)
  return markdown([['', 'events/s', 'CPU µs/event', ...heads], ...rows])
}
