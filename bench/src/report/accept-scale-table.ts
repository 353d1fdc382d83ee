import { spread } from '../measure/statistics.ts'
import { defined, eventsPerSecond, markdown, processorTime, show } from './figures.ts'
import { find, type Line } from './table.ts'

/** What an accepted event costs in processor time, the server's and the database's together, beside a small server. */
export function acceptScaleTable(lines: readonly Line[]): string {
  const rows = lines.map(({ cell, rounds }) => {
    const [few] = cell.beside
    const beside = few === undefined ? [] : (find(lines, cell.part, few)?.rounds ?? [])
    const ratios = rounds.map((each, i) => whole(each) / whole(beside[i]))
    return [
      cell.name,
      eventsPerSecond(rounds),
      processorTime(rounds),
      few === undefined ? '–' : show(spread(defined(ratios)), (n) => `${n.toFixed(2)} times`),
    ]
  })
  return markdown([['', 'events/s', 'CPU µs/event', 'CPU beside the small server'], ...rows])
}

const whole = (measured: Line['rounds'][number] | undefined): number =>
  (measured?.cpuUs ?? Number.NaN) + (measured?.databaseCpuUs ?? 0)
