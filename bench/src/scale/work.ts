import { randomBytes } from 'node:crypto'
import type { NewRequest } from '../../../server/src/events/request.ts'
import type { DueDelivery } from '../../../server/src/outbound/delivery/delivery-store.ts'
import type { SettleCall } from '../../../server/src/outbound/delivery/settle.ts'
import type { Endpoint } from '../../../server/src/outbound/endpoint/endpoint.ts'
import type { Storage } from '../../../server/src/storage/stores.ts'
import { bodyOf } from '../load/requests.ts'
import type { Owners } from './rows.ts'
import type { Server } from './server-modules.ts'

/** How many events a step handles: a claim's, and about a group commit's. */
export const stepEvents = { claim: 100, append: 50 } as const

/** What is done on a database again and again, and timed. */
export interface Work {
  /** Claims a hundred due deliveries, and records an attempt of each. */
  claimAndSettle(): Promise<void>
  /** Appends fifty requests with provider ids that are new. */
  append(): Promise<void>
}

/** The server's own commands on its own stores, as its loops give them. */
export function openWork(server: Server, storage: Storage, { workspaceId, endpointId, sourceId }: Owners): Work {
  const owner = server.newId('process', Date.now())
  return {
    async claimAndSettle() {
      const now = Date.now() + 24 * 60 * 60 * 1000 // all that is pending is due by then
      const { taken } = await storage.commit(server.claimLanes, {
        owner,
        now,
        lanes: [{ endpointId, limit: stepEvents.claim, inHand: [] }],
        giveBack: [],
        seek: { limit: 1, dueBefore: now },
        maxDataBytes: 256 * 1024,
      })
      const [{ generation = 0, due } = { due: [] }] = taken
      if (due.length !== stepEvents.claim) throw new Error(`a claim of ${stepEvents.claim} answered ${due.length}`)
      const recorded = await Promise.all(
        due.map((each) => storage.commit(server.settleAttempt, settlement(server, endpointId, generation, each))),
      )
      if (recorded.includes(false)) throw new Error('an attempt was not recorded: the lane was lost')
    },
    async append() {
      const receipts = await Promise.all(
        Array.from({ length: stepEvents.append }, () =>
          storage.commit(server.appendRequest, request(server, workspaceId, sourceId)),
        ),
      )
      if (receipts.some(({ isRepeat }) => isRepeat)) throw new Error('a new key was taken for a known one')
    },
  }
}

/** An endpoint as the API makes it; its queue follows its status. */
export async function addEndpoint(
  server: Server,
  storage: Storage,
  workspaceId: string,
  status: Endpoint['status'],
): Promise<string> {
  const now = Date.now()
  const id = server.newId('endpoint', now)
  const endpoint: Endpoint = {
    ...server.plainSettings,
    ...{ id, workspaceId, customer: null, url: 'https://receiver.example/hooks', description: '', status },
    ...{ eventTypes: ['**'], payload: 'standard', concurrency: 64, statusReason: null, sealedSecret: 'v1.none' },
    ...{ afterSeq: 0, createdAt: now, updatedAt: now },
  }
  const news = server.ownEvent({ workspaceId, customer: null, type: 'endpoint.created', subject: id, data: {}, now })
  await storage.commit(server.createEndpoint, { endpoint, news })
  return id
}

let made = 0

function request(server: Server, workspaceId: string, sourceId: string): NewRequest {
  const now = Date.now()
  const id = server.newId('request', now)
  const body = bodyOf(made++ % 1000)
  const hash = (randomBytes(8).readBigUInt64BE() >> 1n).toString()
  return {
    ...{ id, workspaceId, sourceId, receivedAt: now, method: 'POST', url: '/in/***', senderAddress: '127.0.0.1' },
    headers: [
      ['Content-Type', 'application/json'],
      ['X-GitHub-Event', 'push'],
    ],
    ...{
      body: Buffer.from(body),
      bodyBytes: body.length,
      verdict: 'verified',
      cause: null,
      detail: null,
      readMs: 0.1,
      verifyMs: 0.1,
      parseMs: 0.1,
    },
    events: [
      {
        ...{ id: server.newId('event', now), workspaceId, customer: null, sourceId, requestId: id, receivedAt: now },
        ...{ type: 'github.push', subject: null, orderKey: null, data: body },
        dedupe: { key: `key-${hash}`, hash },
      },
    ],
  }
}

function settlement(server: Server, endpointId: string, generation: number, delivery: DueDelivery): SettleCall {
  const startedAt = Date.now()
  return {
    ...{ endpointId, generation, workspaceId: delivery.workspaceId, status: 'success', dueAt: startedAt + 12 },
    ...{ tries: delivery.tries + 1, orderKey: null, blocksKey: false, disable: null },
    attempt: {
      ...{ id: server.newId('attempt', startedAt), deliveryId: delivery.id, number: delivery.attempts + 1, startedAt },
      ...{ status: 200, cause: null, detail: null, isTruncated: false },
      timing: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: 10, totalMs: 12 },
      responseHeaders: [['Content-Type', 'text/plain']],
      responseBody: 'ok',
    },
  }
}
