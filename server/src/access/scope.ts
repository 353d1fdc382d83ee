/** What a key can be allowed to do. */
export const scopes = [
  'sources.read',
  'sources.write',
  'endpoints.read',
  'endpoints.write',
  'events.read',
  'events.write',
  'deliveries.read',
  'deliveries.write',
  'accounts.read',
  'jobs.read',
  'jobs.write',
  'keys.read',
  'keys.write',
  'metrics.read',
  'personal.read',
  'personal.erase',
  'webhooks.manage',
] as const

export type Scope = (typeof scopes)[number]

/** Scopes that stand for others. */
const implied: Readonly<Partial<Record<Scope, readonly Scope[]>>> = {
  'webhooks.manage': ['endpoints.read', 'endpoints.write', 'deliveries.read', 'deliveries.write'],
}

/** The scopes of a key with all that they stand for. */
export function withImplied(given: readonly Scope[]): readonly Scope[] {
  return [...new Set(given.flatMap((scope) => [scope, ...(implied[scope] ?? [])]))]
}
