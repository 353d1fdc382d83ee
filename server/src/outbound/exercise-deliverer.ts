import { randomBytes } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { signingPair } from '../access/signing-pair.ts'
import { fakeClock } from '../base/clock.ts'
import type { Commit } from '../base/command.ts'
import { defaultWorkspaceId, newId } from '../base/id.ts'
import type { Log } from '../base/log.ts'
import { silentMeter } from '../base/meter.ts'
import { createSeal } from '../base/seal.ts'
import { advance } from '../commands.ts'
import { createEgress } from '../egress/request.ts'
import { publishEvent } from '../events/append.ts'
import { ownEvent } from '../events/own-event.ts'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import { beat } from '../jobs/process.ts'
import { createDeliverer, type Deliverer, type DeliverNeeds } from './deliver.ts'
import type { FreshWork } from './delivery/delivery-store.ts'
import { type Endpoint, plainSettings } from './endpoint/endpoint.ts'
import type { EndpointChanges } from './endpoint/endpoint-store.ts'
import { createEndpoint, updateEndpoint } from './endpoint/keep-endpoint.ts'
import type { FanOutSettings } from './fan-out/fan-out.ts'
import { makeSigningSecret, secretPlace } from './signature/signing-secret.ts'

/** A delivery as its receiver saw it. */
export interface Arrival {
  id: string
  headers: IncomingHttpHeaders
  bytes: Buffer
  body: string
}

/** A receiver on this machine. Each arrival is answered as `answer` says; an arrival that it leaves open hangs. */
export interface Receiver extends AsyncDisposable {
  url: string
  arrivals: Arrival[]
  /** The answers that are still owed. */
  open: ServerResponse[]
}

export async function openReceiver(
  answer: (response: ServerResponse, arrival: Arrival, index: number) => void = (response) => response.end('ok'),
): Promise<Receiver> {
  const arrivals: Arrival[] = []
  const open: ServerResponse[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('error', () => {})
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { headers } = request
      const bytes = Buffer.concat(chunks)
      const arrival = { id: String(headers['webhook-id']), headers, bytes, body: bytes.toString() }
      arrivals.push(arrival)
      open.push(response)
      response.on('close', () => open.splice(open.indexOf(response), 1))
      answer(response, arrival, arrivals.length - 1)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    arrivals,
    open,
    [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}

/** Answers with a status. */
export const status =
  (code: number, headers: Record<string, string> = {}, body = '') =>
  (response: ServerResponse): void => {
    response.writeHead(code, headers).end(body)
  }

/** Does not answer. */
export const hang = (): void => {}

/** Waits for something that happens without time passing on our clock. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`in vain: ${what}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** A journal that keeps its lines. */
export function keepingJournal(): Log & { lines: { level: string; event: string; facts: Record<string, unknown> }[] } {
  const lines: { level: string; event: string; facts: Record<string, unknown> }[] = []
  const keep =
    (level: string) =>
    (event: string, facts: object = {}) =>
      void lines.push({ level, event, facts: { ...facts } })
  return {
    lines,
    debug: (event, facts) => keep('debug')(event, facts?.()),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
  }
}

export type Rig = ReturnType<typeof openRig>

/** One process's delivery engine on real storage and a real network, with a clock that stands still. */
export function openRig(
  more: Partial<DeliverNeeds> & { storage?: TestStorage; clock?: ReturnType<typeof fakeClock> } = {},
) {
  const storage = more.storage ?? openTestStorage()
  const clock = more.clock ?? fakeClock()
  const seal = createSeal(Buffer.alloc(32, 7))
  const signing = signingPair(randomBytes(32))
  const egress = createEgress({ policy: { allowPrivate: ['127.0.0.0/8'], allowHttp: true }, clock })
  const journal = keepingJournal()
  const processId = more.processId ?? newId('process', clock.now())
  let commits = 0
  const counted =
    (commit: Commit): Commit =>
    (command, args) => {
      commits++
      return commit(command, args).finally(() => commits--)
    }
  const deliverer: Deliverer = createDeliverer({
    egress: { own: egress, customers: egress },
    seal,
    keyring: { signing },
    clock,
    journal,
    log: storage.reads.log,
    random: () => 0.5,
    meter: silentMeter,
    membership: { isLeased: () => true, others: () => 0 },
    lanes: storage.reads.lanes,
    onGivenBack() {},
    wall: clock,
    concurrency: 100,
    perSecond: () => undefined,
    ...more,
    commit: counted(more.commit ?? storage.commit),
    processId,
  })

  /** Waits until nothing more happens before time passes: nothing on the wire, nothing with the database. */
  async function quiet(): Promise<void> {
    let turns = 0
    await until('the engine comes to rest', () => {
      turns = deliverer.isIdle() && commits === 0 ? turns + 1 : 0
      return turns > 5
    })
  }

  const rig = {
    storage,
    clock,
    journal,
    deliverer,
    processId,
    seal,
    signing,
    quiet,
    /** Says that the process lives, as the server does every few seconds. */
    beat: () => storage.commit(beat, { processId, roles: ['deliver'], silent: [], now: clock.now() }),
    /** Takes another process for dead. */
    async strike(processId: string): Promise<void> {
      const [row] = storage.sql('SELECT beats FROM processes WHERE id = ?', processId)
      const silent = [{ id: processId, beats: Number(row?.beats) }]
      await storage.commit(beat, { processId: rig.processId, roles: ['deliver'], silent, now: clock.now() })
    },
    async endpoint(url: string, settings: Partial<Endpoint> = {}): Promise<Endpoint & { secret: string }> {
      const id = newId('endpoint', clock.now())
      const secret = makeSigningSecret()
      const workspaceId = defaultWorkspaceId
      const endpoint: Endpoint = {
        ...plainSettings,
        id,
        workspaceId,
        customer: null,
        url,
        description: '',
        eventTypes: ['**'],
        payload: 'standard',
        concurrency: 50,
        status: 'active',
        statusReason: null,
        sealedSecret: seal.seal(secret, secretPlace({ workspaceId, id })),
        afterSeq: 0,
        createdAt: clock.now(),
        updatedAt: clock.now(),
        ...settings,
      }
      const news = ownEvent({
        workspaceId,
        customer: null,
        type: 'endpoint.created',
        subject: id,
        data: { id },
        now: clock.now(),
      })
      return { ...(await storage.commit(createEndpoint, { endpoint, news })), secret }
    },
    change(id: string, changes: EndpointChanges) {
      const now = clock.now()
      const workspaceId = defaultWorkspaceId
      const news = ownEvent({ workspaceId, customer: null, type: 'endpoint.updated', subject: id, data: {}, now })
      return storage.commit(updateEndpoint, { workspaceId, id, changes, now, news })
    },
    /** Publishes an event. */
    append(type: string, data = '{"n":1}', customer: string | null = null) {
      const now = clock.now()
      return storage.commit(publishEvent, {
        id: newId('event', now),
        workspaceId: defaultWorkspaceId,
        customer,
        sourceId: null,
        requestId: null,
        type,
        subject: null,
        orderKey: null,
        data,
        receivedAt: now,
        dedupe: null,
      })
    },
    /** Publishes events and makes their deliveries; answers the events' ids and the lanes that have work. */
    async publish(type: string, count = 1, data = '{"n":1}'): Promise<{ ids: string[]; lanes: readonly string[] }> {
      const appended = await Promise.all(Array.from({ length: count }, () => rig.append(type, data)))
      return { ids: appended.map((each) => each.id), lanes: await rig.fanOut() }
    },
    /** Makes the deliveries of everything in the log. */
    async fanOut(): Promise<readonly string[]> {
      return (await rig.advance({ handsOver: 0 })).lanes
    },
    async advance(settings: FanOutSettings) {
      await rig.beat()
      const { lanes, fresh = [] } = await storage.commit(advance, {
        follower: 'fan-out',
        owner: processId,
        upTo: Number.MAX_SAFE_INTEGER,
        limit: 10_000,
        now: clock.now(),
        settings,
      })
      return { lanes, fresh: fresh as readonly FreshWork[] }
    },
    /** Publishes and hands over what was made, as a server does that is alone. Answers the lanes that took theirs. */
    async hand(type: string, count = 1, data = '{"n":1}'): Promise<{ ids: string[]; handed: readonly string[] }> {
      const appended = await Promise.all(Array.from({ length: count }, () => rig.append(type, data)))
      const { lanes, fresh } = await rig.advance({ handsOver: deliverer.takes() })
      const handed = deliverer.hand(fresh)
      deliverer.wake(lanes.filter((id) => !handed.has(id)))
      return { ids: appended.map((each) => each.id), handed: [...handed] }
    },
    /** Publishes and wakes the engine, as the server does. */
    async send(type: string, count = 1, data?: string): Promise<string[]> {
      const { ids, lanes } = await rig.publish(type, count, data)
      deliverer.wake(lanes)
      return ids
    },
    /** Lets time pass: the process lives on, and looks at what has become due. */
    async pass(ms: number): Promise<void> {
      clock.advance(ms)
      await rig.beat()
      deliverer.tick()
      await quiet()
    },
    async delivery(eventId: string) {
      const [delivery] = (
        await storage.reads.deliveries.list(defaultWorkspaceId, { eventId }, { after: null, limit: 1 })
      ).rows
      if (!delivery) throw new Error(`there is no delivery of ${eventId}`)
      return { ...delivery, history: await storage.reads.deliveries.attempts(defaultWorkspaceId, delivery.id) }
    },
    lane: (endpointId: string) => storage.sql('SELECT * FROM lanes WHERE endpoint_id = ?', endpointId)[0],
    counts: () =>
      Object.fromEntries(
        storage.sql('SELECT status, count(*) AS n FROM deliveries GROUP BY status').map((row) => [row.status, row.n]),
      ),
    async [Symbol.asyncDispose](): Promise<void> {
      // A test that failed in the middle may have left the database cut off: its own failure is the one to be shown.
      await Promise.race([deliverer.drain(), new Promise((resolve) => setTimeout(resolve, 3000).unref())])
      await egress.close()
      await storage.close()
    },
  }
  return rig
}
