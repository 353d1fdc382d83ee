import { spread } from '../measure/statistics.ts'
import type { Measured, Percentiles } from '../measure/window.ts'
import { defined, latency, markdown, show } from './figures.ts'
import { find, type Line } from './table.ts'

/** How long the rest wait with a crowd beside them, and how many times as long as without: within each round. */
export function fairnessTable(lines: readonly Line[]): string {
  const rows = lines.map(({ cell, rounds }) => {
    const [alone] = cell.beside
    const beside = alone === undefined ? [] : (find(lines, cell.part, alone)?.rounds ?? [])
    return [
      cell.name,
      latency(rounds.map((each) => each.deliveryMs)),
      times(rounds, beside, 'p50'),
      times(rounds, beside, 'p99'),
      show(spread(defined(rounds.map((each) => each.crowd?.firstMs))), (n) => n.toFixed(1)),
      alone === undefined
        ? '–'
        : show(spread(defined(rounds.map((each) => each.crowd?.perSecond))), (n) => n.toFixed(0)),
    ]
  })
  const head = ['', 'delivered p50 / p99 ms', 'p50, times', 'p99, times', "another customer's first, ms"]
  return markdown([[...head, 'of the backlog, deliveries/s'], ...rows])
}

function times(rounds: readonly Measured[], others: readonly Measured[], which: keyof Percentiles): string {
  const ratios = rounds.map(({ deliveryMs }, i) => {
    const other = others[i]?.deliveryMs
    return deliveryMs && other ? deliveryMs[which] / other[which] : undefined
  })
  return show(spread(defined(ratios)), (n) => n.toFixed(2))
}
