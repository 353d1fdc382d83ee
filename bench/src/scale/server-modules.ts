import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The server's own code, as it was built: the stores and the commands that are measured, and what they are handed. */
export async function loadServer(root: string) {
  const load = async <Module>(file: string) =>
    (await import(pathToFileURL(join(root, 'server/dist', file)).href)) as Module
  return {
    ...(await load<typeof import('../../../server/src/open-storage.ts')>('open-storage.js')),
    ...(await load<typeof import('../../../server/src/commands.ts')>('commands.js')),
    ...(await load<typeof import('../../../server/src/base/clock.ts')>('base/clock.js')),
    ...(await load<typeof import('../../../server/src/base/id.ts')>('base/id.js')),
    ...(await load<typeof import('../../../server/src/base/log.ts')>('base/log.js')),
    ...(await load<typeof import('../../../server/src/events/append.ts')>('events/append.js')),
    ...(await load<typeof import('../../../server/src/events/own-event.ts')>('events/own-event.js')),
    ...(await load<typeof import('../../../server/src/outbound/claim.ts')>('outbound/claim.js')),
    ...(await load<typeof import('../../../server/src/outbound/endpoint.ts')>('outbound/endpoint.js')),
    ...(await load<typeof import('../../../server/src/outbound/keep-endpoint.ts')>('outbound/keep-endpoint.js')),
    ...(await load<typeof import('../../../server/src/outbound/settle.ts')>('outbound/settle.js')),
    ...(await load<typeof import('../../../server/src/version.ts')>('version.js')),
  }
}

export type Server = Awaited<ReturnType<typeof loadServer>>
