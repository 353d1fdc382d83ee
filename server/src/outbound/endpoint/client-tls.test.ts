import { createServer } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { createSeal } from '../../base/seal.ts'
import { makeCertificate } from '../../egress/exercise-certificates.ts'
import { ok, onRequest, portOf } from '../../egress/exercise-receivers.ts'
import { ownEvent } from '../../events/own-event.ts'
import { openRig } from '../exercise-deliverer.ts'
import { checkTls, openTls, shownTls, storedTls, type TlsSetting } from './client-tls.ts'
import { updateEndpoint } from './keep-endpoint.ts'

const authority = makeCertificate({ name: 'Private authority', isAuthority: true })
const ours = makeCertificate({ name: 'trunkline', issuer: authority })
const other = makeCertificate({ name: 'other' })
const expired = makeCertificate({ name: 'late', from: -9, to: -2 })
const whole: TlsSetting = { certificate: ours.cert, key: ours.key, ca: authority.cert }
const now = Date.now()

describe('a client certificate', () => {
  it('is shown by its subject and its end', () => {
    const inADay = new Date(now + 86_400_000).toISOString().slice(0, 13)
    expect(checkTls(whole, now)).toEqual({
      certificate: { subject: 'CN=trunkline', expiresAt: expect.stringContaining(inADay) },
      ca: [{ subject: 'CN=Private authority', expiresAt: expect.stringContaining(inADay) }],
    })
    expect(checkTls({ ...whole, certificate: ours.cert + authority.cert, ca: null }, now)).toMatchObject({ ca: [] })
    expect(checkTls({ certificate: null, key: null, ca: authority.cert }, now)).toMatchObject({ certificate: null })
  })

  it.each([
    ['no key', { key: null }, 'key', 'is missing'],
    ['a key alone', { certificate: null }, 'certificate', 'is missing'],
    ['nothing', { certificate: null, key: null, ca: null }, 'certificate', 'is missing'],
    ['another one’s key', { key: other.key }, 'key', 'does not belong to the certificate'],
    ['a key that is none', { key: 'hunter2' }, 'key', 'is no private key in PEM'],
    ['an encrypted key', { key: '-----BEGIN ENCRYPTED PRIVATE KEY-----' }, 'key', 'is encrypted'],
    ['text', { certificate: 'hello' }, 'certificate', 'is no certificate in PEM'],
    [
      'a damaged certificate',
      { certificate: ours.cert.replace(/\n.{9}/, '\n') },
      'certificate',
      'certificate 1 of 1 is damaged',
    ],
    [
      'one that is over',
      { certificate: expired.cert, key: expired.key },
      'certificate',
      'has expired: CN=late was valid until',
    ],
    ['an authority that is over', { ca: expired.cert }, 'ca', 'has expired'],
    ['a key for an authority', { ca: ours.key }, 'ca', 'is no certificate in PEM'],
    ['eleven authorities', { ca: authority.cert.repeat(11) }, 'ca', 'has 11 certificates; at most 10 are taken'],
  ] as const)('is refused with %s', (_name, more, at, message) => {
    const fault = checkTls({ ...whole, ...more }, now)
    expect(fault).toEqual({ at, message: expect.stringContaining(message) })
    expect(JSON.stringify(fault)).not.toContain('hunter2')
  })

  it('is sealed to its endpoint, but for what is shown', () => {
    const seal = createSeal(Buffer.alloc(32, 7))
    const endpoint = { workspaceId: 'ws_1', id: 'ep_1' }
    const checked = checkTls(whole, now)
    if ('at' in checked) throw new Error(checked.message)
    const sealedTls = storedTls(whole, checked, seal, endpoint)
    expect(sealedTls).not.toMatch(/PRIVATE KEY|BEGIN CERTIFICATE/)
    expect(shownTls(sealedTls)).toEqual(checked)
    expect(openTls({ ...endpoint, sealedTls }, seal)).toMatchObject(whole)
    // Also what was opened at its own endpoint before.
    expect(() => openTls({ ...endpoint, id: 'ep_2', sealedTls }, seal)).toThrow()
    expect(openTls({ ...endpoint, sealedTls: null }, seal)).toBeUndefined()
  })

  it('is what deliveries to its endpoint are made with', async () => {
    const { cert, key } = makeCertificate({ name: 'localhost', issuer: authority })
    const seen: unknown[] = []
    const receiver = createServer({ cert, key, ca: authority.cert, requestCert: true }, (socket) => {
      seen.push(socket.getPeerCertificate().subject.CN)
      onRequest(socket, () => socket.write(ok))
    })
    receiver.on('tlsClientError', () => {})
    const port = await portOf(receiver)
    await using rig = openRig()
    const endpoint = await rig.endpoint(`https://localhost:${port}/`)
    const [before = ''] = await rig.send('a.b')
    await rig.quiet()
    expect(await rig.delivery(before)).toMatchObject({ cause: 'TLS_UNTRUSTED' })
    const { workspaceId, id } = endpoint
    const sealedTls = storedTls(whole, { certificate: null, ca: [] }, rig.seal, endpoint)
    const at = rig.clock.now()
    const news = ownEvent({ workspaceId, customer: null, type: 'endpoint.updated', subject: id, data: {}, now: at })
    await rig.storage.commit(updateEndpoint, { workspaceId, id, changes: { sealedTls }, now: at, news })
    const [after = ''] = await rig.send('a.b')
    await rig.quiet()
    expect(await rig.delivery(after)).toMatchObject({ status: 'success' })
    expect(seen).toEqual(['trunkline'])
    receiver.close()
  })
})
