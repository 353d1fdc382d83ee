import { randomInt } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { SourceStore } from '../inbound/source-store.ts'
import { toSource } from './source-rows.ts'
import { touchSource } from './source-version.ts'
import type { Tables } from './tables.ts'

/** Who is found at a fixed path, and what the environment has set up. */
export function sourceClaims(
  db: Kysely<Tables>,
): Pick<SourceStore, 'claimants' | 'claim' | 'tokenHash' | 'keepOrigin'> {
  const isTaken = async (path: string, tokenHash: string | null) =>
    tokenHash !== null &&
    (await db
      .selectFrom('source_claims')
      .select('source_id')
      .where('path', '=', path)
      .where('token_hash', '=', tokenHash)
      .executeTakeFirst()) !== undefined
  return {
    async claimants(path) {
      const rows = await db
        .selectFrom('source_claims')
        .innerJoin('sources', 'sources.id', 'source_claims.source_id')
        .where('source_claims.path', '=', path)
        .where('sources.is_enabled', '=', 1)
        .orderBy('sources.id')
        .selectAll('sources')
        .select('source_claims.token_hash')
        .execute()
      return rows.map((row) => ({ source: toSource(row), tokenHash: row.token_hash }))
    },
    async claim(sourceId, claim, most) {
      await touchSource(db, sourceId)
      await db.deleteFrom('source_claims').where('source_id', '=', sourceId).execute()
      await db
        .updateTable('sources')
        .set({ fixed_path: claim?.path ?? null })
        .where('id', '=', sourceId)
        .execute()
      if (claim === null) return 'claimed'
      const { path, tokenHash } = claim
      if (await isTaken(path, tokenHash)) return 'token-taken'
      const rows = await db.selectFrom('source_claims').select('place').where('path', '=', path).execute()
      const taken = new Set(rows.map((row) => row.place))
      const free = Array.from({ length: most }, (_, place) => place).filter((place) => !taken.has(place))
      // Whoever asks for the same place at the same time waits here, and then tries another one.
      for (const place of shuffled(free)) {
        const { numInsertedOrUpdatedRows } = await db
          .insertInto('source_claims')
          .values({ source_id: sourceId, path, place, token_hash: tokenHash })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst()
        if (numInsertedOrUpdatedRows === 1n) return 'claimed'
      }
      return (await isTaken(path, tokenHash)) ? 'token-taken' : 'path-full'
    },
    async tokenHash(sourceId) {
      const row = await db
        .selectFrom('source_claims')
        .select('token_hash')
        .where('source_id', '=', sourceId)
        .executeTakeFirst()
      return row?.token_hash ?? null
    },
    async keepOrigin(name, sourceId) {
      await db
        .insertInto('source_origins')
        .values({ name, source_id: sourceId })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      const row = await db
        .selectFrom('source_origins')
        .select('source_id')
        .where('name', '=', name)
        .executeTakeFirstOrThrow()
      return row.source_id
    },
  }
}

/** Those who ask at the same time begin with different ones. */
function shuffled(places: readonly number[]): number[] {
  return places
    .map((place) => ({ place, lot: randomInt(2 ** 32) }))
    .sort((a, b) => a.lot - b.lot)
    .map(({ place }) => place)
}
