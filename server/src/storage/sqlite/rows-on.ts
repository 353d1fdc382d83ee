import type { Rows } from '../retention/sweep-walk.ts'
import type { Database } from './database.ts'

/** Statements that both engines are asked in one spelling. */
export const rowsOn = (db: Database): Rows => ({
  all: async <Row>(text: string, values: readonly (string | number | null)[]) => db.all(text, values) as Row[],
  run: async (text, values) => db.run(text, values),
})
