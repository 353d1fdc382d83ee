import type { Rows } from '../retention/sweep-walk.ts'
import type { Ask } from './session.ts'

/** Statements that both engines are asked in one spelling, with `?` for values. */
export const rowsOn = (ask: Ask): Rows => ({
  all: async <Row>(text: string, values: readonly (string | number | null)[]) =>
    (await ask<Row>(numbered(text), values)).rows,
  run: async (text, values) => (await ask(numbered(text), values)).count,
})

function numbered(text: string): string {
  let n = 0
  return text.replaceAll('?', () => `$${++n}`)
}
