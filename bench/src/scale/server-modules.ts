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
    ...(await load<typeof import('../../../server/src/outbound/lane/claim.ts')>('outbound/lane/claim.js')),
    ...(await load<typeof import('../../../server/src/outbound/endpoint/endpoint.ts')>(
      'outbound/endpoint/endpoint.js',
    )),
    ...(await load<typeof import('../../../server/src/outbound/endpoint/keep-endpoint.ts')>(
      'outbound/endpoint/keep-endpoint.js',
    )),
    ...(await load<typeof import('../../../server/src/outbound/delivery/settle.ts')>('outbound/delivery/settle.js')),
    ...(await load<typeof import('../../../server/src/version.ts')>('version.js')),
  }
}

export type Server = Awaited<ReturnType<typeof loadServer>>
