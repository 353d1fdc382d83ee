import { forged, forgeriesOf, requestOf, type Sample, type Signing, sampleOf, senders } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { secretFor } from '../exercise-secret.ts'
import { readable } from '../readable.ts'
import { Headers, type Incoming } from '../source.ts'
import { sourceDefinitions } from './index.ts'

// What the simulator sends must be what the sources take: every event of every sender, against its own kind.

const nowMs = Date.UTC(2026, 10, 20, 8, 14, 3)
const address = 'https://hooks.example/in/key'

function incomingOf({ method, headers, body, query }: ReturnType<typeof requestOf>): Incoming {
  const search = query === '' ? '' : `?${query}`
  return {
    method,
    url: `/in/key${search}`,
    address: `${address}${search}`,
    isAddressed: true,
    headers: new Headers(Object.entries(headers)),
    body: Buffer.from(body),
  }
}

describe.each(senders.map((sender) => [sender.kind, sender] as const))('the samples of %s', (kind, sender) => {
  const definition = sourceDefinitions.get(kind)
  if (!definition) throw new Error(`there is a sender "${kind}", and no source of that kind`)
  const config = definition.config.parse({})
  const { theirs, ours } = secretFor(sender, definition)
  const secrets = ours === undefined ? [] : [ours]
  const signing = (id: string, now = nowMs): Signing => ({ secret: theirs, nowMs: now, id, url: address })
  const sampled = (event: string, id: string, now = nowMs): Sample => sampleOf(sender, { ...signing(id, now), event })
  const judge = (request: Incoming) => definition.verify(request, { secrets, now: nowMs, config })

  const greetings = sender.greetings ?? []
  const telling = sender.events.filter((event) => !greetings.includes(event))

  it('greet only with events that there are, and tell more than that', () => {
    expect(sender.events).toEqual(expect.arrayContaining([...greetings]))
    expect(greetings).not.toContain(sender.events[0])
  })

  it.each([...sender.events])('%s is taken, and makes an event unless it is a greeting', (event) => {
    const request = incomingOf(requestOf(sender, sampled(event, 'id-1'), signing('id-1')))
    expect(judge(request).kind).toMatch(/^(verified|unsigned)$/)
    const events = definition.parse(readable(request), config)
    expect(events.length > 0).toBe(!greetings.includes(event))
    expect(request.body.length).toBeLessThanOrEqual(definition.limits.bodyBytes)
  })

  it.each([...sender.events])('%s, forged, is refused', (event) => {
    const sample = sampled(event, 'id-1')
    const genuine = judge(incomingOf(requestOf(sender, sample, signing('id-1'))))
    // A source that asks for no proof by default takes everybody at their word; its own tests ask for one.
    if (genuine.kind === 'unsigned') return
    const forgeries = forgeriesOf(sender, sample, signing('id-1'))
    expect(forgeries).toContain('wrong secret')
    for (const forgery of forgeries) {
      const verdict = judge(incomingOf(forged(sender, sample, signing('id-1'), forgery)))
      expect([forgery, verdict.kind]).toEqual([forgery, 'refused'])
    }
  })

  it.each(telling)('%s is the same event again under the same id', (event) => {
    const keysOf = (id: string) => {
      const request = incomingOf(requestOf(sender, sampled(event, id), signing(id)))
      return definition.parse(readable(request), config).map((each) => each.dedupeKey)
    }
    expect(keysOf('id-1')).toEqual(keysOf('id-1'))
    // Some hold no id at all and are the same each time. Whatever differs in what is sent is another event.
    const [one, other] = ['id-1', 'id-2'].map((id) =>
      requestOf(sender, sampled(event, id), { ...signing(id), nowMs: 0 }),
    )
    if (JSON.stringify(one) !== JSON.stringify(other)) expect(keysOf('id-2')).not.toEqual(keysOf('id-1'))
  })
})
