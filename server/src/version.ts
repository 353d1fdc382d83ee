import { createRequire } from 'node:module'

/** The server's version, as in its package. */
export const version = (createRequire(import.meta.url)('../package.json') as { version: string }).version
