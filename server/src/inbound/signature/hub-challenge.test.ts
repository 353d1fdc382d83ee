import { describe, expect, it } from 'vitest'
import { requestOf } from '../exercise-source-trial.ts'
import { hubChallenge } from './hub-challenge.ts'

const token = 'the agreed token'
const right = `hub.mode=subscribe&hub.verify_token=${encodeURIComponent(token)}`

describe('hubChallenge', () => {
  it('echoes the challenge to who knows the token', () => {
    expect(ask(`${right}&hub.challenge=1158201444`)).toMatchObject({ status: 200, body: '1158201444' })
  })

  it('gives markup back as plain text that no browser takes for a page', () => {
    const markup = '<script>alert(1)</script>'
    const answer = ask(`${right}&hub.challenge=${encodeURIComponent(markup)}`)
    expect(answer).toMatchObject({ status: 200, body: markup, contentType: 'text/plain; charset=utf-8' })
    expect(answer?.headers).toMatchObject({ 'x-content-type-options': 'nosniff' })
  })

  it('refuses a wrong token, another mode, what is missing and what came twice', () => {
    const wrong = [
      'hub.mode=subscribe&hub.verify_token=the+agreed+toke&hub.challenge=1',
      'hub.mode=subscribe&hub.verify_token=the+agreed+tokens&hub.challenge=1',
      'hub.mode=subscribe&hub.verify_token=&hub.challenge=1',
      'hub.mode=subscribe&hub.challenge=1',
      `${right.replace('subscribe', 'unsubscribe')}&hub.challenge=1`,
      `hub.verify_token=${token}&hub.challenge=1`,
      right,
      `${right}&hub.challenge=1&hub.challenge=2`,
      `${right}&hub.verify_token=x&hub.challenge=1`,
      `${right}&hub.challenge=${'1'.repeat(1025)}`,
      'hub.challenge=%',
    ]
    for (const query of wrong) {
      const answer = ask(query)
      expect(answer?.status, query).toBe(403)
      expect(answer?.body, query).toBe('The verification was refused.')
    }
  })

  it('refuses everybody while no token is configured', () => {
    for (const sent of ['undefined', '', 'null']) {
      const query = `hub.mode=subscribe&hub.verify_token=${sent}&hub.challenge=1`
      expect(hubChallenge(asking(query), undefined)?.status).toBe(403)
      expect(hubChallenge(asking(query), '')?.status).toBe(403)
    }
  })

  it('has nothing to say to any other request', () => {
    expect(ask('')).toBeUndefined()
    expect(ask('a=1')).toBeUndefined()
    expect(hubChallenge(requestOf(Buffer.alloc(0), {}, { method: 'GET', url: '/in/key' }), token)).toBeUndefined()
    for (const method of ['POST', 'HEAD', 'PUT']) {
      const url = `/in/key?${right}&hub.challenge=1`
      expect(hubChallenge(requestOf(Buffer.alloc(0), {}, { method, url }), token), method).toBeUndefined()
    }
  })
})

function ask(query: string) {
  return hubChallenge(asking(query), token)
}

function asking(query: string) {
  return requestOf(Buffer.alloc(0), {}, { method: 'GET', url: `/in/key?${query}` })
}
