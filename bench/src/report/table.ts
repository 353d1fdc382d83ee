import { spread } from '../measure/statistics.ts'
import type { Measured } from '../measure/window.ts'
import type { Cell } from '../parts/bench.ts'
import { eventsPerSecond, latency, markdown, processorTime, show } from './figures.ts'

/** What a cell came to in each round. */
export interface Line {
  cell: Cell
  rounds: readonly Measured[]
}

const titles: Partial<Record<Cell['part'], string>> = {
  a: '**a. Accepted**: signed requests in, durable before the answer',
  b: '**b. End to end**: accepted, fanned out, delivered, attempt recorded',
  d: '**d. Latency** at a fixed rate, from the sending to the arrival at the receiver',
}

/** The table, as Markdown: medians over the rounds, in brackets the least and the most. */
export function table(lines: readonly Line[]): string {
  const rows: string[][] = [
    ['', 'events/s', 'CPU µs/event', 'beside', 'delivered p50 / p99 ms', 'accepted p50 / p99 ms'],
  ]
  let part: string | undefined
  for (const line of lines) {
    if (line.cell.part !== part) rows.push([titles[line.cell.part] ?? '', '', '', '', '', ''])
    part = line.cell.part
    rows.push(row(line, lines))
  }
  return markdown(rows)
}

function row({ cell, rounds }: Line, lines: readonly Line[]): string[] {
  const isTimed = cell.part === 'd'
  return [
    cell.name,
    eventsPerSecond(rounds),
    processorTime(rounds),
    cell.beside.map((name) => `${share(rounds, find(lines, cell.part, name))} of ${name}`).join('<br>') || '–',
    isTimed ? latency(rounds.map((each) => each.deliveryMs)) : '–',
    isTimed ? latency(rounds.map((each) => each.answerMs)) : '–',
  ]
}

/** The share of another cell's events a second, taken within each round: both ran at nearly the same time. */
function share(rounds: readonly Measured[], other: Line | undefined): string {
  return `${show(spread(ratios(rounds, other?.rounds).map((ratio) => ratio * 100)), (n) => n.toFixed(0))} %`
}

/** How many times as many events a second there were in each round as in the other's. */
export function ratios(rounds: readonly Measured[], others: readonly Measured[] = []): number[] {
  return rounds.map((each, i) => each.perSecond / (others[i]?.perSecond ?? Number.NaN)).filter(Number.isFinite)
}

/** The line of a cell. */
export function find(lines: readonly Line[], part: Cell['part'], name: string): Line | undefined {
  return lines.find(({ cell }) => cell.part === part && cell.name === name)
}
