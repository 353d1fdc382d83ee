import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { openReceiver, openRig } from '../exercise-deliverer.ts'
import { digestOf, SignedTexts } from './signed-text.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('what an attempt signed', () => {
  it.each([
    ['standard', 'evt_1.1769000000.{"hello":"world"}'],
    ['ed25519', 'evt_1.1769000000.{"hello":"world"}'],
    ['svix', 'evt_1.1769000000.{"hello":"world"}'],
    ['stripe', '1769000000.{"hello":"world"}'],
    ['opencom', '1769000000.{"hello":"world"}'],
    ['remotedev', '1769000000.{"hello":"world"}'],
    ['github', '{"hello":"world"}'],
  ] as const)('in the dialect %s is %s', (dialect, text) => {
    const texts = new SignedTexts('evt_1', 1_769_000_000_999, Buffer.from('{"hello":"world"}'))
    const signed = digestOf(texts, dialect)
    expect(signed).toEqual({ timestamp: 1_769_000_000, sha256: sha256(text) })
  })

  it.each(['standard', 'stripe', 'github'] as const)('in the dialect %s is the same of a large body', (dialect) => {
    const body = 'ü'.repeat(100_000)
    const heads = { standard: 'evt_1.1769000000.', stripe: '1769000000.', github: '' }
    const signed = digestOf(new SignedTexts('evt_1', 1_769_000_000_999, Buffer.from(body)), dialect)
    expect(signed.sha256).toBe(sha256(heads[dialect] + body))
  })

  it('is on record as the receiver reckons it from what it got, with the time of the next attempt', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver((response, _, index) => response.writeHead(index === 0 ? 500 : 200).end())
    await rig.endpoint(receiver.url)
    const [id = ''] = await rig.send('a.b')
    await rig.quiet()
    await rig.pass(5000)
    const { history } = await rig.delivery(id)
    const texts = receiver.arrivals.map(({ headers, body }) => `${id}.${headers['webhook-timestamp']}.${body}`)
    expect(history.map(({ signed }) => signed?.sha256)).toEqual(texts.map(sha256))
    expect(new Set(texts).size).toBe(2)
    expect(history.map(({ nextDueAt }) => nextDueAt)).toEqual([rig.clock.now(), undefined])
  })
})
