import type { Place } from '../engines.ts'
import type { Environment } from '../server-process.ts'

/** Makes it a certain time for a database and for the server that is started with these settings. */
export async function atTime(place: Place, nowMs: number): Promise<Environment> {
  const offsetMs = Math.round(nowMs - performance.timeOrigin - performance.now())
  if (place.engine === 'PostgreSQL') await shiftDatabase(place, offsetMs)
  return {
    NODE_OPTIONS: `--import=${new URL('./clock.mjs', import.meta.url).href}`,
    TRUNKLINE_TEST_CLOCK_OFFSET_MS: String(offsetMs),
  }
}

/** Functions of our own in front of PostgreSQL's: connections that are made from now on find ours first. */
async function shiftDatabase(place: Place, offsetMs: number): Promise<void> {
  for (const name of ['clock_timestamp', 'statement_timestamp', 'transaction_timestamp', 'now']) {
    await place.rows(
      `CREATE OR REPLACE FUNCTION public.${name}() RETURNS timestamptz LANGUAGE sql VOLATILE
         AS $$ SELECT pg_catalog.${name}() + interval '${offsetMs} milliseconds' $$`,
    )
  }
  const database = new URL(place.environment.DATABASE_URL ?? '').pathname.slice(1)
  await place.rows(`ALTER DATABASE ${database} SET search_path = public, pg_catalog`)
}
