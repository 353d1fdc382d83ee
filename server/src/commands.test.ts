import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { commands } from './commands.ts'

/** The names of the commands that are written down anywhere in the server. */
function namesInSources(): string[] {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => file.endsWith('.ts') && !/(\.test\.ts$|exercise)/.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(import.meta.dirname, file), 'utf8')
      return [...text.matchAll(/\b(?:group)?[cC]ommand(?:<[^(]*>)?\(\s*'([a-z-]+)'/g)].map((each) => each[1] ?? '')
    })
}

it('every command is in the table, once: one that is missing fails at its first use', () => {
  const names = commands.map((each) => each.name)
  expect(names.length).toBeGreaterThan(15)
  expect([...names].sort()).toEqual(namesInSources().sort())
})
