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
  'metrics.read',
  'personal.read',
] as const

export type Scope = (typeof scopes)[number]
