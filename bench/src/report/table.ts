import { type Spread, spread } from '../measure/statistics.ts'
import type { Measured } from '../measure/window.ts'
import type { Cell } from '../parts/bench.ts'

/** What a cell came to in each round. */
export interface Line {
  cell: Cell
  rounds: readonly Measured[]
}

const titles = {
  a: '**a. Accepted**: signed requests in, durable before the answer',
  b: '**b. End to end**: accepted, fanned out, delivered, attempt recorded',
  d: '**d. Latency** at a fixed rate, from the sending to the arrival at the receiver',
} as const

/** The table, as Markdown: medians over the rounds, in brackets the least and the most. */
export function table(lines: readonly Line[]): string {
  const rows: string[][] = [
    ['', 'events/s', 'CPU µs/event', 'beside', 'delivered p50 / p99 ms', 'accepted p50 / p99 ms'],
  ]
  let part: string | undefined
  for (const line of lines) {
    if (line.cell.part !== part) rows.push([titles[line.cell.part], '', '', '', '', ''])
    part = line.cell.part
    rows.push(row(line, lines))
  }
  const [head = [], ...rest] = rows
  return [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rest]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

function row({ cell, rounds }: Line, lines: readonly Line[]): string[] {
  const isTimed = cell.part === 'd'
  return [
    cell.name,
    show(spread(rounds.map((each) => each.perSecond)), (n) => Math.round(n).toLocaleString('en')),
    processorTime(rounds),
    cell.beside.map((name) => beside(cell, name, rounds, lines)).join('<br>') || '–',
    isTimed ? latency(rounds.map((each) => each.deliveryMs)) : '–',
    isTimed ? latency(rounds.map((each) => each.answerMs)) : '–',
  ]
}

function processorTime(rounds: readonly Measured[]): string {
  const own = spread(defined(rounds.map((each) => each.cpuUs)))
  const database = spread(defined(rounds.map((each) => each.databaseCpuUs)))
  const whole = (n: number) => n.toFixed(0)
  return database ? `${show(own, whole)} + ${show(database, whole)} in the database` : show(own, whole)
}

/** The share of another cell's events a second, taken within each round: both ran at nearly the same time. */
function beside(cell: Cell, name: string, rounds: readonly Measured[], lines: readonly Line[]): string {
  const other = lines.find((line) => line.cell.part === cell.part && line.cell.name === name)
  const shares = rounds.map((each, i) => (each.perSecond / (other?.rounds[i]?.perSecond ?? Number.NaN)) * 100)
  return `${show(spread(shares.filter(Number.isFinite)), (n) => n.toFixed(0))} % of ${name}`
}

function latency(rounds: readonly (Measured['deliveryMs'] | undefined)[]): string {
  const known = defined(rounds)
  const tenth = (n: number) => n.toFixed(1)
  const p50 = spread(known.map((each) => each.p50))
  const p99 = spread(known.map((each) => each.p99))
  return `${show(p50, tenth)} / ${show(p99, tenth)}`
}

function show(values: Spread | undefined, write: (value: number) => string): string {
  if (!values) return '–'
  const { median, least, most } = values
  const isSame = write(least) === write(most)
  return isSame ? write(median) : `${write(median)} (${write(least)}–${write(most)})`
}

const defined = <T>(values: readonly (T | undefined)[]): T[] => values.filter((each) => each !== undefined)
