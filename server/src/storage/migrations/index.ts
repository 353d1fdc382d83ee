import { spine } from './0001-spine.ts'
import type { Migration } from './migration.ts'

/** Every step, in order. */
const migrations: readonly Migration[] = [spine]

/** The steps that a database still needs. Refuses a database that a newer program has written. */
export function pendingMigrations(done: ReadonlySet<string>): readonly Migration[] {
  const known = new Set(migrations.map((each) => each.name))
  for (const name of done) {
    if (!known.has(name)) {
      throw new Error(
        `The database has the migration "${name}", which this program does not know: it was written by a newer Trunkline. Start that version or a later one.`,
      )
    }
  }
  return migrations.filter((each) => !done.has(each.name))
}
