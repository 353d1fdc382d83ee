import { verify as verifyGithub } from '@octokit/webhooks-methods'
import { describe, expect, it } from 'vitest'
import { forged, forgeriesOf, needsSecret } from './forge.ts'
import { github, senders } from './index.ts'
import { idFor, requestOf, sampleOf, urlWith } from './request.ts'
import { jsonSamples, type Sender } from './sender.ts'

const signing = { secret: `whsec_${'Ab1'.repeat(14)}A=`, nowMs: 1_795_341_243_000, id: 'msg_1' }

const silent: Sender = {
  kind: 'silent',
  title: 'Silent',
  ...jsonSamples('Silent', { hello: ({ id }) => ({ id }) }),
  sign: () => ({ 'content-type': 'application/json' }),
}
const token: Sender = { ...silent, query: ({ secret }) => `token=${secret}` }

describe('a forgery', () => {
  it('is possible as far as the provider proves something', () => {
    const of = (sender: Sender) => forgeriesOf(sender, sampleOf(sender, signing), signing)
    expect(of(silent)).toEqual([])
    expect(of(token)).toEqual(['wrong secret'])
    expect(of(github)).toEqual(['wrong secret', 'tampered'])
  })

  it('needs no secret where the provider has none', () => {
    expect([silent, token, github].map(needsSecret)).toEqual([false, true, true])
  })

  it('is refused by who verifies: the provider’s own package', async () => {
    const sample = sampleOf(github, signing)
    const isGenuine = ({ body, headers }: ReturnType<typeof forged>) =>
      verifyGithub(signing.secret, Buffer.from(body).toString(), headers['x-hub-signature-256'] ?? '')
    expect(await isGenuine(requestOf(github, sample, signing))).toBe(true)
    expect(await isGenuine(forged(github, sample, signing, 'wrong secret'))).toBe(false)
    expect(await isGenuine(forged(github, sample, signing, 'tampered'))).toBe(false)
  })

  it('keeps the form of the secret and the length of the body', () => {
    for (const secret of ['ffff', '9zZF', 'whsec_////', '', '--é--']) {
      const { query } = forged(token, token.sample(), { ...signing, secret }, 'wrong secret')
      expect(query).not.toBe(`token=${secret}`)
      if (/^[0-9a-f]+$/.test(secret)) expect(query).toMatch(/^token=[0-9a-f]{4}$/)
    }
    for (const sender of senders) {
      const sample = sampleOf(sender, signing)
      const { body } = forged(sender, sample, signing, 'tampered')
      expect(body.length).toBe(sample.body.length)
      expect(body).not.toEqual(sample.body)
    }
  })
})

describe('a signed request', () => {
  it('signs the changed body', async () => {
    const sample = sampleOf(github, { ...signing, edits: [{ path: 'pusher.name', json: '"otto-w"' }] })
    const { body, headers } = requestOf(github, sample, signing)
    const text = Buffer.from(body).toString()
    expect(JSON.parse(text).pusher.name).toBe('otto-w')
    expect(await verifyGithub(signing.secret, text, headers['x-hub-signature-256'] ?? '')).toBe(true)
  })

  it('signs the URL as it is posted to, with the query that the provider puts behind it', () => {
    const signer: Sender = { ...token, sign: ({ url = 'none' }) => ({ 'X-Signed': url }) }
    const { headers, query } = requestOf(signer, signer.sample(), { ...signing, secret: 's', url: 'http://a/in/k?x=1' })
    expect([query, headers]).toEqual(['token=s', { 'x-signed': 'http://a/in/k?x=1&token=s' }])
    expect(urlWith('http://a/in/k', '')).toBe('http://a/in/k')
  })

  it('has an id as its provider gives it', () => {
    const uuid = '0b9f3c1e-9f0e-4f57-8f5a-1d9a2f5f6f10'
    expect(idFor('github', uuid)).toBe(uuid)
    expect(idFor('stripe', uuid)).toBe('evt_0b9f3c1e9f0e4f578f5a1d9a2f5f6f10')
  })
})
