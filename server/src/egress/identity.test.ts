import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { afterEach, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import type { Egress, Exchange, TlsIdentity } from './exchange.ts'
import { makeCertificate } from './exercise-certificates.ts'
import { listen, ok, onRequest, portOf } from './exercise-receivers.ts'
import { exchangeFault } from './fault.ts'
import { createEgress } from './request.ts'

const authority = makeCertificate({ name: 'Private authority', isAuthority: true })
const stranger = makeCertificate({ name: 'Another authority', isAuthority: true })
const server = makeCertificate({ name: 'localhost', issuer: authority })
const ours = makeCertificate({ name: 'trunkline', issuer: authority })
const others = makeCertificate({ name: 'trunkline', issuer: stranger })

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** A receiver that tells by its answer whom it has seen; `seen` gets one entry a connection. */
async function secure(options: TlsOptions = {}): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = []
  const receiver = createTlsServer({ cert: server.cert, key: server.key, ca: authority.cert, ...options }, (socket) => {
    seen.push(String(socket.getPeerCertificate().subject?.CN))
    onRequest(socket, () => socket.write(ok))
  })
  receiver.on('tlsClientError', () => {})
  const port = await portOf(receiver)
  ends.push(() => receiver.close())
  return { url: `https://localhost:${port}/`, seen }
}

function open(): Egress {
  const egress = createEgress({ policy: { allowPrivate: ['127.0.0.0/8'], allowHttp: false }, clock: systemClock })
  ends.push(() => egress.close())
  return egress
}

const identity = (more: Partial<TlsIdentity>): TlsIdentity => ({
  id: JSON.stringify(more),
  certificate: null,
  key: null,
  ca: authority.cert,
  ...more,
})

async function post(egress: Egress, url: string, tls?: TlsIdentity): Promise<Exchange> {
  const usual = {
    method: 'POST',
    headers: [],
    body: Buffer.from('{}'),
    timeoutMs: 2000,
    maxResponseBytes: 100,
  } as const
  return egress.request({ url, tls, ...usual })
}

const cause = ({ outcome }: Exchange) => (outcome.kind === 'failed' ? outcome.cause : `answered ${outcome.status}`)

it('trusts the private authority of the order, for that order alone', async () => {
  const { url } = await secure()
  const egress = open()
  expect(cause(await post(egress, url, identity({})))).toBe('answered 200')
  expect(cause(await post(egress, url))).toBe('TLS_UNTRUSTED')
  expect(cause(await post(egress, url, identity({ ca: stranger.cert })))).toBe('TLS_UNTRUSTED')
})

it.each(['TLSv1.2', 'TLSv1.3'] as const)('shows the certificate where one is wanted (%s)', async (version) => {
  const { url, seen } = await secure({ requestCert: true, minVersion: version, maxVersion: version })
  const egress = open()
  expect(cause(await post(egress, url, identity({ certificate: ours.cert, key: ours.key })))).toBe('answered 200')
  expect(seen).toEqual(['trunkline'])
  // This receiver hangs up on a stranger without a word.
  const refused = cause(await post(egress, url, identity({ certificate: others.cert, key: others.key })))
  expect(['CONNECTION_LOST', 'TLS_FAILED']).toContain(refused)
})

it.each([
  ['bad certificate', 42, 'TLS_CLIENT_REFUSED'],
  ['certificate expired', 45, 'TLS_CLIENT_REFUSED'],
  ['unknown authority', 48, 'TLS_CLIENT_REFUSED'],
  ['certificate required', 116, 'TLS_CLIENT_REFUSED'],
  ['handshake failure', 40, 'TLS_FAILED'],
])('names the alert of a receiver that says one: %s', async (_name, alert, expected) => {
  // A fatal alert (RFC 8446, 6) in the place of the handshake.
  const bytes = Buffer.from([21, 3, 3, 0, 2, 2, alert])
  await using receiver = await listen((socket) => socket.once('data', () => socket.end(bytes)))
  const { outcome } = await post(open(), `https://localhost:${receiver.port}/`, identity({}))
  expect(outcome).toMatchObject({ cause: expected })
})

it('names it also when it comes behind the handshake, as in TLS 1.3', () => {
  const place = { origin: 'https://a.example', protocol: 'https:', hostname: 'a.example', port: 443 } as const
  const alert = Object.assign(new Error('alert'), { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' })
  expect(exchangeFault(alert, place)).toMatchObject({
    fault: 'TLS_CLIENT_REFUSED',
    message: expect.stringContaining('a.example:443 did not accept our certificate, or wants one'),
  })
})

it('shares a connection only with orders of the same certificate', async () => {
  const { url, seen } = await secure({ requestCert: true, rejectUnauthorized: false })
  const egress = open()
  const mine = identity({ certificate: ours.cert, key: ours.key })
  for (const tls of [mine, identity({}), mine, identity({}), mine]) {
    expect(cause(await post(egress, url, tls))).toBe('answered 200')
  }
  expect(seen).toEqual(['trunkline', 'undefined'])
})

it('refuses a certificate that cannot be used, and repeats nothing of it', async () => {
  const { url, seen } = await secure()
  const { outcome } = await post(open(), url, identity({ certificate: ours.cert, key: 'hunter2' }))
  expect(outcome).toMatchObject({ cause: 'REQUEST_INVALID', detail: expect.not.stringContaining('hunter2') })
  expect(seen).toEqual([])
})
