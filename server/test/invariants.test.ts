import { describe, expect, it } from 'vitest'
import { brokenInvariants, invariants, surplusOf, type World } from './invariants.ts'

/** A world in which all is well: two events for one endpoint, the second answered 500 at first; one post refused. */
function goodWorld(): { -readonly [Key in keyof World]: World[Key] } {
  const arrived = { endpointId: 'ep', answered: 204, atOnce: 1 }
  const delivery = { endpointId: 'ep', status: 'success' as const }
  return {
    posts: [
      { hash: 'a', told: 'evt_1' },
      { hash: 'b', told: 'evt_2' },
      { hash: 'x', told: 'refused' },
      { hash: 'y', told: undefined },
    ],
    endpoints: ['ep'],
    concurrency: 2,
    events: [
      { id: 'evt_1', hash: 'a' },
      { id: 'evt_2', hash: 'b' },
    ],
    deliveries: [
      { ...delivery, id: 'dlv_1', eventId: 'evt_1', attempts: 1 },
      { ...delivery, id: 'dlv_2', eventId: 'evt_2', attempts: 2 },
    ],
    attempts: [
      { deliveryId: 'dlv_1', number: 1, status: 204 },
      { deliveryId: 'dlv_2', number: 1, status: 500 },
      { deliveryId: 'dlv_2', number: 2, status: 204 },
    ],
    arrivals: [
      { ...arrived, eventId: 'evt_1', hash: 'a', at: 10, signedAt: 10 },
      { ...arrived, eventId: 'evt_2', hash: 'b', at: 20, signedAt: 20, answered: 500 },
      { ...arrived, eventId: 'evt_2', hash: 'b', at: 5020, signedAt: 5020 },
    ],
    strikes: [{ what: 'kill', from: 100, to: 200 }],
    poisoned: [],
    api: { events: 2, deliveries: { pending: 0, success: 2, failed: 0 } },
    leftOver: [],
  }
}

const again = { endpointId: 'ep', eventId: 'evt_1', hash: 'a', answered: 204, signedAt: 9_999, atOnce: 1 }
const [first, second] = goodWorld().deliveries
if (!first || !second) throw new Error('the good world has two deliveries')

/** What may go wrong, and how it is said. */
const broken: readonly [what: string, change: Partial<World>, said: string][] = [
  ['loses an event', { events: [{ id: 'evt_1', hash: 'a' }] }, 'evt_2 was acknowledged and is not stored'],
  [
    'changes a body',
    {
      events: [
        { id: 'evt_1', hash: 'A' },
        { id: 'evt_2', hash: 'b' },
      ],
    },
    'evt_1 was acknowledged for the body a and is stored with A',
  ],
  [
    'stores a body twice',
    { events: [...goodWorld().events, { id: 'evt_3', hash: 'b' }] },
    'the body b is stored 2 times',
  ],
  ['keeps what it refused', { events: [...goodWorld().events, { id: 'evt_3', hash: 'x' }] }, 'its sender was refused'],
  ['makes an event up', { events: [...goodWorld().events, { id: 'evt_3', hash: 'z' }] }, 'nobody posted the body z'],
  ['forgets a delivery', { deliveries: [first] }, 'evt_2 has 0 deliveries to ep'],
  [
    'makes a delivery twice',
    { deliveries: [first, second, { ...second, id: 'dlv_3' }] },
    'evt_2 has 2 deliveries to ep',
  ],
  ['leaves a delivery', { deliveries: [first, { ...second, status: 'pending' }] }, 'dlv_2 is pending'],
  [
    'counts attempts wrongly',
    { deliveries: [{ ...first, attempts: 3 }, second] },
    'dlv_1 says 3 attempts, and there are the numbers 1',
  ],
  [
    'tries without an end',
    { attempts: Array.from({ length: 11 }, (_, i) => ({ deliveryId: 'dlv_1', number: i + 1, status: 500 })) },
    'dlv_1 has 11 attempts',
  ],
  [
    'sends twice for no reason',
    { arrivals: [...goodWorld().arrivals, { ...again, at: 300 }] },
    'evt_1 for ep arrived 2 times, 1 are recorded, and 0 were in flight at a strike',
  ],
  [
    'records what it never sent',
    { arrivals: goodWorld().arrivals.slice(1) },
    '1 answers on record and arrived 0 times',
  ],
  [
    'calls a refused delivery a success',
    { arrivals: goodWorld().arrivals.map((each) => ({ ...each, answered: 500 })) },
    'evt_1 for ep succeeded, and was never answered 2xx',
  ],
  [
    'overwrites a result',
    {
      attempts: [
        ...goodWorld().attempts.slice(0, 1),
        ...[1, 2].map((number) => ({ deliveryId: 'dlv_2', number, status: 204 })),
      ],
    },
    'evt_2 for ep succeeded, and has 2 successful attempts on record',
  ],
  [
    'sends what is not its own',
    { arrivals: [...goodWorld().arrivals, { ...again, eventId: 'evt_9', at: 150 }] },
    'evt_9 for ep arrived, and there is no such delivery',
  ],
  [
    'sends other bytes',
    { arrivals: goodWorld().arrivals.map((each) => ({ ...each, hash: 'b' })) },
    'arrived with the body b',
  ],
  [
    'storms a receiver',
    { arrivals: goodWorld().arrivals.map((each) => ({ ...each, atOnce: 3 })) },
    'evt_1 came to ep while 2 others waited, and it takes 2',
  ],
  ['tells the API fewer events', { api: { ...goodWorld().api, events: 1 } }, '1 events, and 2 are stored'],
  [
    'tells the API other deliveries',
    { api: { events: 2, deliveries: { pending: 1, success: 1, failed: 0 } } },
    '1 deliveries are success, and 2 are stored',
  ],
  ['leaves something behind', { leftOver: ['the lane of ep has an owner'] }, 'the lane of ep has an owner'],
]

describe('the invariants', () => {
  it('hold in a world in which all is well', () => {
    expect(brokenInvariants(goodWorld())).toEqual([])
    expect(surplusOf(goodWorld())).toBe(0)
  })

  it('let a delivery come twice whose first arrival was in flight at a strike', () => {
    const world = { ...goodWorld(), arrivals: [{ ...again, at: 150 }, ...goodWorld().arrivals] }
    expect(brokenInvariants(world)).toEqual([])
    expect(surplusOf(world)).toBe(1)
  })

  it('let a delivery come late that was signed before its sender stood still', () => {
    const late = { ...again, at: 9_000, signedAt: 150 }
    expect(brokenInvariants({ ...goodWorld(), arrivals: [...goodWorld().arrivals, late] })).toEqual([])
  })

  it('let a post that was never answered be stored once', () => {
    const world = goodWorld()
    const posts = world.posts.map((each) => (each.hash === 'b' ? { ...each, told: undefined } : each))
    expect(brokenInvariants({ ...world, posts })).toEqual([])
  })

  it('let an event go nowhere that its follower was made to fail on', () => {
    const world = { ...goodWorld(), events: [...goodWorld().events, { id: 'evt_3', hash: 'y' }] }
    const api = { ...world.api, events: 3 }
    expect(brokenInvariants({ ...world, api, poisoned: ['evt_3'] })).toEqual([])
    expect(brokenInvariants({ ...world, api })).not.toEqual([])
  })

  it.each(broken)('are broken by a server that %s', (_, change, said) => {
    expect(brokenInvariants({ ...goodWorld(), ...change }).join('\n')).toContain(said)
  })

  it('are each broken by one of these servers', () => {
    const all = broken.flatMap(([, change]) => brokenInvariants({ ...goodWorld(), ...change }))
    expect(invariants.filter(({ name }) => !all.some((each) => each.startsWith(name)))).toEqual([])
  })

  it('say the first few and how many more there are', () => {
    const leftOver = Array.from({ length: 12 }, (_, i) => `file ${i}`)
    const said = brokenInvariants({ ...goodWorld(), leftOver })
    expect(said).toHaveLength(6)
    expect(said.at(-1)).toBe('nothing is left over: and 7 more')
  })
})
