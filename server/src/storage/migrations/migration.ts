/** One step of the schema. A step that has run anywhere is never edited. */
export interface Migration {
  name: string
  sqlite: readonly string[]
  postgres: readonly string[]
}
