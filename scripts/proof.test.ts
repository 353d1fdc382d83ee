import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readProof, tableOf, withReport } from './proof.mjs'

const kill = {
  round: 'kill',
  seed: 7,
  did: '3 kills',
  events: 1200,
  deliveries: 2400,
  attempts: 2410,
  duplicates: 2,
  recoveredMs: 3049,
  seconds: 60,
}

describe('the report of the proofs', () => {
  it('has a line for each round, and the sum', () => {
    const lines = tableOf([kill, { round: 'start', seed: 8, did: '5 starts', seconds: 4 }]).split('\n')
    expect(lines.slice(2)).toEqual([
      '| kill | 7 | 1,200 | 2,400 | 2,410 | 2 | 3.0 s | 60 s | 3 kills |',
      '| start | 8 |  |  |  |  |  | 4 s | 5 starts |',
      '',
      '2 rounds, 1,200 events, 2,400 deliveries.',
    ])
  })

  it('is read from what the rounds handed in', () => {
    const folder = mkdtempSync(join(tmpdir(), 'trunkline-proof-'))
    const file = join(folder, 'proof.jsonl')
    expect(readProof(file).rounds).toEqual([])
    writeFileSync(file, `${JSON.stringify(kill)}\n${JSON.stringify({ ...kill, seed: 9 })}\n`)
    expect(readProof(file).rounds.map(({ seed }) => seed)).toEqual([7, 9])
    rmSync(folder, { recursive: true })
  })

  it('takes the place of the one before, and nothing else', () => {
    const page = (report: string) =>
      `above\n\n<!-- report: npm run prove -- --write -->\n\n${report}\n\n<!-- end of the report -->\n\nbelow\n`
    expect(withReport(page('old'), 'new')).toBe(page('new'))
    expect(() => withReport('no markers', 'new')).toThrow('docs/proof.md')
  })
})
