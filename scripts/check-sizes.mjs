// @ts-check
// No source file is longer than a reader keeps in mind.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesBelow } from './files.mjs'
import { root } from './run.mjs'

const mostLines = 500

const long = filesBelow(root, /\.(ts|tsx|mts|js|mjs|css)$/)
  .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').trimEnd().split('\n').length }))
  .filter(({ lines }) => lines > mostLines)

for (const { file, lines } of long) console.error(`${file}: ${lines} lines, and at most ${mostLines} are allowed`)
process.exitCode = long.length > 0 ? 1 : 0
