// @ts-check
// The report of `npm run prove`: each round hands in a line, and the lines make a table.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { root } from './run.mjs'

/** @typedef {import('../server/test/record.ts').RoundRecord} RoundRecord */

const page = join(root, 'docs/proof.md')
const [begin, end] = ['<!-- report: npm run prove -- --write -->', '<!-- end of the report -->']

/**
 * An empty file for the rounds of one run.
 * @returns {string}
 */
export function newProof() {
  const folder = join(root, '.cache')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'proof.jsonl')
  rmSync(file, { force: true })
  return file
}

/** @param {string} file @returns {{ rounds: RoundRecord[], table: string }} */
export function readProof(file) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
  const rounds = lines.map((line) => /** @type {RoundRecord} */ (JSON.parse(line)))
  return { rounds, table: tableOf(rounds) }
}

/**
 * Puts the report in place of the one that docs/proof.md holds.
 * @param {readonly RoundRecord[]} rounds
 */
export function keepProof(rounds) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const day = new Date().toISOString().slice(0, 10)
  const machine = `${cpus().length} cores of ${cpus()[0]?.model ?? 'an unknown kind'}, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()}, Node ${process.versions.node}`
  const head = `Trunkline ${version}, ${day}, on ${machine}.`
  writeFileSync(page, withReport(readFileSync(page, 'utf8'), `${head}\n\n${tableOf(rounds)}`))
}

/**
 * The page with another report between its markers.
 * @param {string} text @param {string} report
 * @returns {string}
 */
export function withReport(text, report) {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/proof.md: "${begin}" and "${end}" must stand around the report`)
  return `${text.slice(0, from + begin.length)}\n\n${report}\n\n${text.slice(to)}`
}

/**
 * @param {readonly RoundRecord[]} rounds
 * @returns {string}
 */
export function tableOf(rounds) {
  const head = [
    'round',
    'seed',
    'events',
    'deliveries',
    'attempts',
    'came twice',
    'longest recovery',
    'time',
    'what was done',
  ]
  const rows = rounds.map((each) => [
    each.round,
    String(each.seed),
    ...[each.events, each.deliveries, each.attempts, each.duplicates].map((count) => count?.toLocaleString('en') ?? ''),
    each.recoveredMs === undefined ? '' : `${(each.recoveredMs / 1000).toFixed(1)} s`,
    `${each.seconds} s`,
    each.did,
  ])
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`
  const rule = head.map((_, i) => (i === 0 || i === head.length - 1 ? '---' : '---:'))
  const events = rounds.reduce((sum, each) => sum + (each.events ?? 0), 0)
  const deliveries = rounds.reduce((sum, each) => sum + (each.deliveries ?? 0), 0)
  const total = `${rounds.length} ${rounds.length === 1 ? 'round' : 'rounds'}, ${events.toLocaleString('en')} events, ${deliveries.toLocaleString('en')} deliveries.`
  return [line(head), line(rule), ...rows.map(line), '', total].join('\n')
}
