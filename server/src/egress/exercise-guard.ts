// Calls every forbidden spelling with the real egress, and prints what came of it as JSON. To be run in a network
// namespace of its own, with nothing but a loopback: a guard that fails really connects.
import { once } from 'node:events'
import { connect } from 'node:net'
import { createSecureContext } from 'node:tls'
import { systemClock } from '../base/clock.ts'
import { createAddressGuard } from './address.ts'
import { Dial, TlsSessions } from './connect.ts'
import type { EgressPolicy, Resolve } from './exchange.ts'
import { listen, ok, onRequest } from './exercise-receivers.ts'
import { forbiddenLiterals, forbiddenNames } from './exercise-spellings.ts'
import { Fault } from './fault.ts'
import { createProbe } from './probe.ts'
import { createEgress } from './request.ts'

/** What the process prints. */
export interface GuardReport {
  /** Each call with what became of it: a fault, or the status. */
  calls: { what: string; outcome: string }[]
  /** The connections of the trap: one made on purpose, to show that it is open, and those the guard let through. */
  trapped: number
  /** The names that were looked up. */
  lookUps: string[]
}

const calls: GuardReport['calls'] = []
const lookUps: string[] = []
// Every address of this machine, in both families, on the port of all the URLs below.
const trap = await listen((socket) => onRequest(socket, () => socket.write(ok)), '::')
await once(connect(trap.port, '127.0.0.1'), 'connect')
process.env.HTTP_PROXY = process.env.HTTPS_PROXY = process.env.ALL_PROXY = `http://127.0.0.1:${trap.port}`

/** A resolver that gives these answers, one list a call; the last is repeated. */
function resolving(...answers: readonly (readonly string[])[]): Resolve {
  let asked = 0
  return async (hostname) => {
    lookUps.push(hostname)
    const list = answers[Math.min(asked++, answers.length - 1)] ?? []
    return list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
}

async function call(what: string, hosts: readonly string[], policy: EgressPolicy, resolve: Resolve): Promise<void> {
  const egress = createEgress({ policy, resolve, clock: systemClock, connectTimeoutMs: 500 })
  for (const host of hosts) {
    for (const scheme of ['http', 'https']) {
      const url = `${scheme}://${host}:${trap.port}/`
      const order = {
        url,
        method: 'POST',
        headers: [],
        body: Buffer.from('x'),
        timeoutMs: 2000,
        maxResponseBytes: 1,
      } as const
      const { outcome } = await egress.request(order)
      const result = outcome.kind === 'failed' ? outcome.cause : String(outcome.status)
      calls.push({ what: `${what}: ${scheme}://${host}`, outcome: result })
    }
  }
  await egress.close()
}

const closed = { allowPrivate: [], allowHttp: true }
const elsewhere = { allowPrivate: ['10.99.0.0/16'], allowHttp: true }
const loopback = resolving(['127.0.0.1'], ['::1'])

await call('literal', forbiddenLiterals, closed, loopback)
await call('name', forbiddenNames, closed, loopback)
// With a range open, names are no longer refused by their looks: the connection alone guards.
await call('name, another range open', forbiddenNames, elsewhere, loopback)
await call('literal, another range open', forbiddenLiterals, elsewhere, loopback)

/** Checks them as endpoints, before anything is saved. */
async function check(what: string, hosts: readonly string[], policy: EgressPolicy, resolve: Resolve): Promise<void> {
  const probe = createProbe({ policy, resolve, clock: systemClock, timeoutMs: 2000 })
  for (const host of hosts) {
    for (const scheme of ['http', 'https']) {
      const { outcome, failedAt } = await probe(`${scheme}://${host}:${trap.port}/`)
      const result = outcome.kind === 'failed' && failedAt === 'address' ? outcome.cause : `${failedAt}`
      calls.push({ what: `${what}: ${scheme}://${host}`, outcome: result })
    }
  }
}

await check('check of a literal', forbiddenLiterals, closed, loopback)
await check('check of a name', forbiddenNames, closed, loopback)
await check('check of a name, another range open', forbiddenNames, elsewhere, loopback)

// A proxy, which is the trap itself here, is asked for nothing that is forbidden, and what goes past it is judged as well.
const proxy = { hostname: '127.0.0.1', port: trap.port, authorization: null }
for (const direct of [[], ['*']]) {
  const by = direct.length > 0 ? 'past a proxy' : 'by a proxy'
  await call(`literal, ${by}`, forbiddenLiterals, { ...closed, proxy: { ...proxy, direct } }, loopback)
  await call(`name, ${by}`, forbiddenNames, { ...elsewhere, proxy: { ...proxy, direct } }, loopback)
}

const answers = forbiddenLiterals.map((host) => new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, ''))
for (const address of new Set(answers)) {
  await call(`answer ${address}`, ['hooks.example.com'], closed, resolving([address]))
  await call(`answer 8.8.8.8 and ${address}`, ['hooks.example.com'], closed, resolving(['8.8.8.8', address]))
}
for (const answer of ['127.1', '2130706433', 'localhost', '::1%lo', 'fe80::1%lo', '[::1]', '']) {
  await call(`answer "${answer}"`, ['hooks.example.com'], closed, resolving([answer]))
}

// The connection judges for itself, also what the check of the URL has let through.
const guard = createAddressGuard(closed)
const secureContext = createSecureContext()
for (const hostname of new Set(answers)) {
  const origin = `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${trap.port}`
  const needs = { guard, resolve: loopback, clock: systemClock, secureContext, sessions: new TlsSessions(1) }
  const dial = new Dial({ origin, protocol: 'http:', hostname, port: trap.port }, needs)
  const outcome = await dial.open(500).then(
    () => 'connected',
    (error) => (error instanceof Fault ? error.fault : String(error)),
  )
  calls.push({
    what: `connection to ${hostname}`,
    outcome: dial.phase === 'look-up' ? outcome : `${outcome} after connecting`,
  })
}

const disguises = ['[::ffff:127.0.0.1]', '[::127.0.0.1]', '[::ffff:0:127.0.0.1]', '[::ffff:7f00:1]']
await call('disguise of an open range', disguises, { allowPrivate: ['127.0.0.0/8', '::/0'], allowHttp: true }, loopback)

// Public at first: the attempt fails for want of a network, and the next look-up leads home.
await call('flip', ['flips.example.com', 'flips.example.com'], closed, resolving(['8.8.8.8'], ['127.0.0.1']))

const report: GuardReport = { calls, trapped: trap.connections(), lookUps: [...new Set(lookUps)] }
process.stdout.write(JSON.stringify(report), () => process.exit(0))
