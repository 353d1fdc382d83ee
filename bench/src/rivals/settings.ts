/** What every rival is told by the bench. */
export interface Settings {
  databaseUrl: string
  redisUrl: string
  /** The one endpoint: where it is, and what its deliveries are signed with. */
  endpointUrl: string
  signingKey: Buffer
}

export const settings: Settings = {
  databaseUrl: process.env.DATABASE_URL ?? '',
  redisUrl: process.env.REDIS_URL ?? '',
  endpointUrl: process.env.ENDPOINT_URL ?? '',
  signingKey: Buffer.from((process.env.SIGNING_SECRET ?? '').replace('whsec_', ''), 'base64'),
}

/** The one endpoint's name in the tables. */
export const endpointId = 'endpoint-1'
