import { randomUUID } from 'node:crypto'
import { type Sender, senders, urlWith } from '@trunkline/senders'
import { afterAll, vi } from 'vitest'
import { makeKey } from '../src/access/credential.ts'
import { secretFor } from '../src/inbound/exercise-secret.ts'
import { sourceDefinitions } from '../src/inbound/sources/index.ts'
import { type Answer, type Api, createApi, readAnswer } from './api.ts'
import type { Engine, Place } from './engines.ts'
import type { Receiver } from './receiver.ts'
import { type Environment, endServers, type ServerProcess, startServer } from './server-process.ts'

/** A running server, its database, and a key to its API. */
export interface Trunkline {
  server: ServerProcess
  place: Place
  api: Api
}

/** The key that `TRUNKLINE_API_KEY` gives to every server of this file. */
export const apiKey = makeKey()

// Whole processes start and end in these tests, several at once on two cores.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const places = new Set<Place>()
afterAll(async () => {
  await endServers()
  for (const place of places) await place.remove()
})

/** Starts a server on an empty database. */
export async function startTrunkline(
  engine: Engine,
  environment: Environment = {},
  launcher: readonly string[] = [],
): Promise<Trunkline> {
  const place = await createPlace(engine)
  const server = await startServer({ TRUNKLINE_API_KEY: apiKey, ...place.environment, ...environment }, launcher)
  return { server, place, api: createApi({ url: server.adminUrl }, apiKey) }
}

/** An empty database that is removed after the file's last test. */
export async function createPlace(engine: Engine): Promise<Place> {
  const place = await engine.createPlace()
  places.add(place)
  return place
}

/** A source of the server, and its provider: what `post` sends is rightly signed. */
export interface TestSource {
  id: string
  /** Where it is posted to. */
  url: string
  /** Where its provider was told to post to. */
  address: string
  secret: string
  sender: Sender
  post(body: string | Uint8Array, message?: Message, way?: Way): Promise<Answer>
  /** The headers that the provider would send with this body. */
  sign(body: string | Uint8Array, message?: Message): Record<string, string>
}

/** How a request gets there. */
export interface Way {
  /** Where it is posted to, if not to the source's own URL. */
  url?: string
  /** After this long its sender gives up. */
  withinMs?: number
}

export interface Message {
  /** The provider's id of the delivery. */
  id?: string
  /** The provider's name of the event. */
  event?: string
  nowMs?: number
  /** Sent too, in place of the provider's own of the same name. */
  headers?: Record<string, string>
  /** Send none of the provider's own headers. */
  isBare?: boolean
}

/** Creates a source of this kind. */
export async function createSource(
  { server, api }: Pick<Trunkline, 'server' | 'api'>,
  kind: string,
  settings: Record<string, unknown> = {},
): Promise<TestSource> {
  const sender = senders.find((each) => each.kind === kind)
  if (!sender) throw new Error(`nobody plays ${kind}`)
  const given = givenSecret(sender)
  const { status, json, text } = await api.post('/sources', { kind, name: kind, secret: given?.ours, ...settings })
  if (status !== 201) throw new Error(`the source was not created: ${text}`)
  const secret = String(settings.secret ?? given?.theirs ?? json.secret)
  return testSource(sender, json.id, `${server.url}/in/${json.url.split('/in/')[1]}`, secret, json.url)
}

/** What a provider gives out that makes its own secrets; undefined where the server makes one, or asks for none. */
function givenSecret(sender: Sender) {
  const definition = sourceDefinitions.get(sender.kind)
  if (!definition || definition.makeSecret || definition.isSecretless || definition.isSecretOptional) return undefined
  return secretFor(sender, definition)
}

/** A source as its provider knows it: the provider was told the `address`, and the test reaches it at the `url`. */
export function testSource(sender: Sender, id: string, url: string, secret: string, address: string = url): TestSource {
  const queryOf = (body: Uint8Array): string =>
    sender.query?.({ body, secret, nowMs: 0, id: 'of no query', url: address }) ?? ''
  const sign: TestSource['sign'] = (body, message = {}) => {
    const bytes = Buffer.from(body)
    const { nowMs = Date.now(), id = randomUUID(), event, headers = {} } = message
    if (message.isBare) return headers
    const posted = urlWith(address, queryOf(bytes))
    return { ...sender.sign({ body: bytes, secret, nowMs, id, url: posted, ...(event ? { event } : {}) }), ...headers }
  }
  return {
    id,
    url,
    address,
    secret,
    sender,
    sign,
    post: async (body, message, way = {}) =>
      readAnswer(
        await fetch(way.url ?? urlWith(url, queryOf(Buffer.from(body))), {
          method: 'POST',
          headers: sign(body, message),
          body: Buffer.from(body),
          ...(way.withinMs === undefined ? {} : { signal: AbortSignal.timeout(way.withinMs) }),
        }),
      ),
  }
}

/** Creates an endpoint at a receiver. */
export async function createEndpoint(
  { api }: Pick<Trunkline, 'api'>,
  receiver: Pick<Receiver, 'url'>,
  settings: Record<string, unknown> = {},
): Promise<{ id: string; secret: string }> {
  const { status, json, text } = await api.post('/endpoints', { url: receiver.url, ...settings })
  if (status !== 201) throw new Error(`the endpoint was not created: ${text}`)
  return json
}

let events = 0

/** The provider's name of an event that no other test waits for. */
export const newEvent = (): string => `event_${events++}`
