import type { RateLimit } from '../base/rate-limit.ts'
import type { Holding, Source } from '../inbound/source-store.ts'
import type { SourceRow } from './tables.ts'

/** As they are numbered in the column. */
const holdings: readonly Holding[] = ['none', 'paused', 'releasing']

export function toSource(row: SourceRow): Source {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    customer: row.customer,
    kind: row.kind,
    name: row.name,
    key: row.key,
    sealedSecrets: row.sealed_secrets,
    config: row.config,
    isEnabled: row.is_enabled === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    origin: row.origin === 'environment' ? 'environment' : 'api',
    fixedPath: row.fixed_path,
    holding: holdings[row.holding] ?? 'none',
    routesVersion: row.routes_version,
    rateLimit: row.rate_limit === null ? null : (JSON.parse(row.rate_limit) as RateLimit),
  }
}

/** As the column holds it. */
export const rateLimitColumn = (limit: RateLimit | null): string | null =>
  limit === null ? null : JSON.stringify(limit)

export function toRow(source: Source): SourceRow {
  return {
    id: source.id,
    workspace_id: source.workspaceId,
    customer: source.customer,
    kind: source.kind,
    name: source.name,
    key: source.key,
    sealed_secrets: source.sealedSecrets,
    config: source.config,
    is_enabled: Number(source.isEnabled),
    created_at: source.createdAt,
    updated_at: source.updatedAt,
    origin: source.origin,
    fixed_path: source.fixedPath,
    holding: holdings.indexOf(source.holding),
    routes_version: source.routesVersion,
    rate_limit: rateLimitColumn(source.rateLimit),
  }
}
