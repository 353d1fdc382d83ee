import { readFileSync, writeFileSync } from 'node:fs'

/** Puts what was measured in place of what was measured last. Each part has a place of its own, between its markers. */
export function writeReadme(file: string, place: string, measured: string): void {
  const [begin, end] = [`<!-- ${place} -->`, `<!-- /${place} -->`]
  const text = readFileSync(file, 'utf8')
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${file} has no place for the table, between ${begin} and ${end}`)
  writeFileSync(file, `${text.slice(0, from + begin.length)}\n\n${measured}\n\n${text.slice(to)}`)
}
