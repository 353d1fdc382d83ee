import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { describe } from 'vitest'
import { sharedPostgres } from '../../../test/shared-postgres.ts'
import { exerciseLists } from '../exercise/lists.ts'
import { openTestPostgres } from '../exercise/open-postgres.ts'
import { bench } from '../exercise/opened.ts'

// In Danish "aa" comes after "z", and no language minds the dots and dashes of an event type.
describe('in a database that sorts as Danish does', () => {
  const at = bench(async () => {
    const { url } = await sharedPostgres()
    const admin = new pg.Client({ connectionString: url })
    await admin.connect()
    const name = `trunkline_test_${randomBytes(8).toString('hex')}`
    await admin.query(
      `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'da-DK' LOCALE 'C'`,
    )
    const own = new URL(url)
    own.pathname = `/${name}`
    return openTestPostgres({
      url: own.href,
      async drop() {
        await admin.query(`DROP DATABASE ${name} WITH (FORCE)`)
        await admin.end()
      },
    })
  })
  exerciseLists(at)
})
