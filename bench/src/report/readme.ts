import { readFileSync, writeFileSync } from 'node:fs'

const begin = '<!-- measured -->'
const end = '<!-- /measured -->'

/** Puts what was measured in place of what was measured last. */
export function writeReadme(file: string, measured: string): void {
  const text = readFileSync(file, 'utf8')
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${file} has no place for the table, between ${begin} and ${end}`)
  writeFileSync(file, `${text.slice(0, from + begin.length)}\n\n${measured}\n\n${text.slice(to)}`)
}
