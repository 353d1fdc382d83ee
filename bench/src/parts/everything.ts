import { resolve } from 'node:path'
import type { EndpointOptions, Store } from '../systems/trunkline.ts'
import { type Bench, type Cell, compiled } from './bench.ts'
import { endToEnd } from './end-to-end.ts'

/** An endpoint that asks for all that one can ask for. The events of the load fit, and its rate is never reached. */
const everything: EndpointOptions = {
  name: 'Orders',
  description: 'Asks for all that an endpoint can have.',
  resourceTypes: ['github', 'order', 'invoice'],
  filter: {
    'data.ref': { $startsWith: 'refs/heads/' },
    'data.repository.private': false,
    $or: [
      { 'data.pusher.email': { $endsWith: '.example' } },
      { 'data.commits.author.name': { $in: ['Marta', 'Ola'] } },
    ],
    $not: { 'data.repository.id': { $lt: 1000 } },
  },
  headers: { authorization: 'Bearer for-the-benchmark', 'x-team': 'orders', 'x-region': 'eu-west' },
  retry: { preset: 'doubling', baseSeconds: 60, retries: 3 },
  timeoutSeconds: 10,
  signatures: ['standard', 'ed25519', 'svix', 'stripe', 'github'],
  ordering: 'key',
  rateLimit: { limit: 1_000_000, per: 'second' },
  metadata: { team: 'orders', since: 2026 },
}

/**
 * What it costs an event, end to end as in b, when its endpoint asks for everything instead of nothing; and beside what it cost
 * when there was nothing to ask for, where the first version is built in a folder.
 */
export function everythingCells(bench: Bench, firstFolder?: string): Cell[] {
  const stores: { store: Store; title: string }[] = [
    { store: 'sqlite', title: 'SQLite' },
    ...(bench.databases ? [{ store: 'postgres', title: 'PostgreSQL' } as const] : []),
  ]
  return stores.flatMap(({ store, title }): Cell[] => {
    const plain = `${title}, as it is by default`
    const first = `${title}, the first version`
    const ofFirst = { ...bench, root: resolve(firstFolder ?? '') }
    return [
      ...(firstFolder === undefined
        ? []
        : [cellOf(first, [], (times) => endToEnd(ofFirst, store, compiled(times), { isFirst: true }))]),
      cellOf(plain, [], (times) => endToEnd(bench, store, compiled(times))),
      cellOf(`${title}, with everything on`, [plain, first], (times) =>
        endToEnd(bench, store, compiled(times), { endpoint: everything }),
      ),
    ]
  })
}

const cellOf = (name: string, beside: readonly string[], run: Cell['run']): Cell => ({ part: 'i', name, beside, run })
