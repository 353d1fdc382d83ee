import { senders } from '@trunkline/senders'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSeal } from '../src/base/seal.ts'
import { secretPlace } from '../src/outbound/signature/signing-secret.ts'
import { type Api, createApi, readAll } from './api.ts'
import { engines, type Place } from './engines.ts'
import { eventually } from './eventually.ts'
import { type Arrival, openReceiver, proven } from './receiver.ts'
import { atTime } from './releases/clock.ts'
import {
  apiKeyOf,
  hashesOf,
  isReleased,
  type Kept,
  readKept,
  releases,
  restore,
  secretKeyOf,
  settingsOf,
  sourceSecretOf,
} from './releases/kept.ts'
import { startServer } from './server-process.ts'
import { createPlace, testSource } from './trunkline.ts'

const dayMs = 24 * 60 * 60 * 1000

interface Delivery {
  id: string
  endpointId: string
  eventId: string
  status: string
}

afterEach(() => vi.useRealTimers())

it('there is data of a release', () => expect(releases).toContain('0.1.0'))

describe.each(releases)('the data of %s', (version) => {
  it.each(engines)('on $name was made with the steps as they are now', ({ name }) => {
    const { steps } = readKept(version, name)
    const advice = isReleased(version)
      ? `${version} is released: its steps are never edited. Put the change into a step of its own.`
      : `${version} is not released yet: run \`node scripts/keep-release.mjs\` to make its data again.`
    expect(hashesOf(Object.keys(steps), name), advice).toEqual(steps)
  })

  it.each(engines)('on $name is answered as it was, and what was under way is finished', async (engine) => {
    const kept = readKept(version, engine.name)
    const place = await createPlace(engine)
    await restore(version, place)
    // As old as it was: its retries are minutes away, and nothing has run out.
    const soon = kept.madeAt + 1000
    const server = await startServer({ ...settingsOf(version, place), ...(await atTime(place, soon)) })
    vi.setSystemTime(soon)
    const api = createApi(server, apiKeyOf(version))
    await expectAnswers(api, kept)
    await expectRepeats(api, kept, server.url)

    const receiver = await openReceiver()
    const before = kept.answers['/deliveries'] as Delivery[]
    const unfinished = before.filter(({ status }) => ['pending', 'sending', 'retrying'].includes(status))
    await redirect(api, kept, receiver.url)
    const ended = await server.end('SIGTERM')
    expect(ended.code, ended.output).toBe(0)
    // Now the retries are due.
    vi.setSystemTime(soon + dayMs)
    const next = await server.again(await atTime(place, soon + dayMs))
    const later = createApi(next, apiKeyOf(version))
    await eventually('every delivery that was under way', async () => {
      const now = (await readAll(later, '/deliveries')) as Delivery[]
      const success = new Set(now.filter(({ status }) => status === 'success').map(({ id }) => id))
      return unfinished.every(({ id }) => success.has(id))
    })
    expect(unfinished.length).toBeGreaterThan(3)
    await expectSigned(place, version, unfinished, receiver.arrivals)
    expect((await next.end('SIGTERM')).code).toBe(0)
  })
})

/** Everything that the API answered, it answers again. It may say more. */
async function expectAnswers(api: Api, { answers }: Kept): Promise<void> {
  for (const [path, before] of Object.entries(answers)) {
    if (Array.isArray(before)) expect(await readAll(api, path), path).toMatchObject(before.map(asShownNow))
    else if (typeof before === 'string') expect((await api.get(path)).text, path).toBe(before)
    else expect((await api.get(path)).json, path).toMatchObject(asShownNow(before))
  }
}

/** A delivery that waits for another attempt was shown as pending until it got a name of its own. */
function asShownNow(before: unknown): object {
  const { status, attempts, nextAttemptAt } = before as { status?: string; attempts?: number; nextAttemptAt?: string }
  const isRetried = status === 'pending' && attempts !== undefined && attempts > 0 && nextAttemptAt !== undefined
  return { ...(before as object), ...(isRetried ? { status: 'retrying' } : {}) }
}

/** What a provider sends again is the event that it was. */
async function expectRepeats(api: Api, { version, posted }: Kept, url: string): Promise<void> {
  const count = (await readAll(api, '/events')).length
  // A release knew the kinds of its day, and others have come since.
  expect(posted.length).toBeGreaterThan(0)
  for (const { kind, sourceId, url: shown, id, event, body, requestId, eventIds } of posted) {
    const sender = senders.find((each) => each.kind === kind)
    if (!sender) throw new Error(`nobody plays ${kind}`)
    const source = testSource(sender, sourceId, url + new URL(shown).pathname, sourceSecretOf(version, kind))
    const { status, json } = await source.post(body, { id, event })
    expect({ status, ...json }, kind).toMatchObject({ status: 200, requestId, eventIds })
  }
  expect(await readAll(api, '/events')).toHaveLength(count)
}

/** Every endpoint gets another address, and those that were paused go on. */
async function redirect(api: Api, { answers }: Kept, url: string): Promise<void> {
  for (const { id, status } of answers['/endpoints'] as { id: string; status: string }[]) {
    const changed = await api.patch(`/endpoints/${id}`, status === 'paused' ? { url, status: 'active' } : { url })
    expect(changed.status, changed.text).toBe(200)
  }
}

/** Each delivery came under the id of its event, signed with the secret that the release had sealed for its endpoint. */
async function expectSigned(
  place: Place,
  version: string,
  deliveries: readonly Delivery[],
  arrivals: readonly Arrival[],
): Promise<void> {
  const seal = createSeal(secretKeyOf(version))
  for (const { endpointId, eventId } of deliveries) {
    const [row] = await place.rows('SELECT workspace_id, sealed_secret FROM endpoints WHERE id = ?', [endpointId])
    const secret = seal.open(
      String(row?.sealed_secret),
      secretPlace({ workspaceId: String(row?.workspace_id), id: endpointId }),
    )
    const signed = arrivals.filter(({ id }) => id === eventId).filter((each) => isProven(each, secret))
    expect(signed.length, `${eventId} to ${endpointId}`).toBe(1)
  }
}

function isProven(arrival: Arrival, secret: string): boolean {
  // The published verifier takes nothing that is five minutes old, and half of them came a day before the others.
  vi.setSystemTime(Number(arrival.headers['webhook-timestamp']) * 1000)
  try {
    return proven(arrival, secret) !== undefined
  } catch {
    return false
  }
}
