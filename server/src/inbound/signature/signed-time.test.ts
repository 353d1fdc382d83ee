import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Headers } from '../source.ts'
import { signedTime } from './signed-time.ts'

const secret = ['whsec', 'opencom', 'test'].join('_')
const body = Buffer.from('{"hello":"world"}')

describe('signedTime', () => {
  it('accepts the vector of a provider that copied Stripe', () => {
    const value = 't=1769000000,v1=619e78e865e772b9f2ec1919f21b5d2e0efbaf3c0caf3c11c8e283d6f2dfb6e1'
    expect(judge(value)).toEqual({ kind: 'verified' })
  })

  it('refuses an odd time even when it was rightly signed', () => {
    for (const time of ['', 'now', '-1769000000', '1769000000.5', '0x69705680', 'NaN', '1769000000 ', '1'.repeat(16)]) {
      expect(judge(`t=${time},v1=${sign(time)}`), time).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    }
    expect(judge(`t=01769000000,v1=${sign('01769000000')}`)).toEqual({ kind: 'verified' })
  })

  it('needs a time and a signature', () => {
    for (const value of ['', 't=1769000000', `v1=${sign('1769000000')}`, 't=1769000000,v1=', ',,,', '=']) {
      expect(judge(value), value).toMatchObject({ kind: 'refused', cause: 'MALFORMED_SIGNATURE' })
    }
  })

  it('passes over parts that it does not know', () => {
    const right = `v1=${sign('1769000000')}`
    for (const value of [`t=1769000000,${right},v0=x`, `x,t=1769000000,v1=zz,${right}`, `${right},t=1769000000`]) {
      expect(judge(value), value).toEqual({ kind: 'verified' })
    }
  })
})

function sign(time: string): string {
  return createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex')
}

function judge(value: string) {
  const headers = new Headers([['x-opencom-signature', value]])
  const proof = { secrets: [secret], now: 1_769_000_000_000, config: { toleranceSeconds: 300 } }
  return signedTime({ header: 'x-opencom-signature' })(
    { method: 'POST', url: '/', address: 'https://hooks.example/', isAddressed: true, headers, body },
    proof,
  )
}
