import { verifySignature } from '@kapso/whatsapp-cloud-api/server'
import { metaWhatsapp as sender } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { exerciseSource } from '../../exercise-source.ts'
import { requestOf } from '../../exercise-source-trial.ts'
import { readable } from '../../readable.ts'
import source from './source.ts'

const secret = 'one app secret for the tests'

exerciseSource(source, {
  accepts: [
    {
      fixture: 'fixtures/text.json',
      gives: {
        type: 'whatsapp.message.received',
        subject: '628123456789',
        orderKey: '106540352242922:628123456789',
        route: '106540352242922',
        dedupeKey: 'message:wamid.HBgMNjI4MTIzNDU2Nzg5FQIAEhgUM0E0QTY1OTlBRUUwMzgxMDE0NEYA',
        data:
          '{"phone_number_id":"106540352242922","display_phone_number":"15550783881",' +
          '"contact":{"profile":{"name":"Sari \\ud83c\\udf50"},"wa_id":"628123456789","user_id":"ID.13491208655302741918"},' +
          '"message":{"from":"628123456789","from_user_id":"ID.13491208655302741918",' +
          '"id":"wamid.HBgMNjI4MTIzNDU2Nzg5FQIAEhgUM0E0QTY1OTlBRUUwMzgxMDE0NEYA","timestamp":"1769000000","type":"text",' +
          '"text":{"body":"Halo! Pears\\/apples? \\u00fc"}}}',
      },
    },
    {
      fixture: 'fixtures/status-failed.json',
      gives: {
        type: 'whatsapp.message.failed',
        subject: '628123456789',
        dedupeKey: 'status:wamid.HBgMNjI4MTIzNDU2Nzg5FQIAERgSN0Y:failed',
      },
    },
    {
      fixture: 'fixtures/username-only.json',
      gives: { type: 'whatsapp.message.received', subject: 'ID.13491208655302741918' },
    },
    {
      fixture: 'fixtures/template-status.json',
      gives: {
        type: 'whatsapp.message_template_status_update',
        subject: null,
        data:
          '{"account_id":"102290129340398","time":1769000020,"field":"message_template_status_update",' +
          '"value":{"event":"APPROVED","message_template_id":594425479261596,"message_template_name":"harvest",' +
          '"message_template_language":"id","reason":"NONE"}}',
      },
    },
  ],
  secret,
  otherSecret: 'another app secret for the tests',
  sign: sender.sign,
  proof: {
    headers: ['x-hub-signature-256'],
    encoding: 'hex',
    foreign: [
      ['sha256=', 'sha1='],
      ['sha256=', 'SHA256='],
      ['sha256=', ''],
    ],
  },
})

describe('WhatsApp', () => {
  it('accepts the vector of its scheme', () => {
    const signature = 'sha256=4b39d82db7cb9b38f1ee51f627f0a6c33786196a69f7521b11240a6508c68872'
    const request = requestOf(Buffer.from('{"hello":"world"}'), { 'X-Hub-Signature-256': signature })
    const proof = { secrets: ['meta_app_secret'], now: 0, config: {} }
    expect(source.verify(request, proof)).toEqual({ kind: 'verified' })
  })

  it('keeps a body whose entries are no list whole, under its hash', () => {
    for (const entry of ['{}', '"x"', 'null', '7']) {
      const body = `{"object":"whatsapp_business_account","entry":${entry}}`
      expect(source.parse(readable(requestOf(Buffer.from(body), {})), {})).toEqual([
        { type: 'whatsapp.unknown', subject: null, data: body, dedupeKey: expect.stringMatching(/^sha256:/) },
      ])
    }
  })

  it('accepts what Kapso’s SDK takes for Meta’s', () => {
    const { body, event } = sender.sample()
    const signatureHeader = sender.sign({ body, secret, nowMs: 0, id: '', event })['x-hub-signature-256'] ?? ''
    const rawBody = Buffer.from(body)
    expect(verifySignature({ appSecret: secret, rawBody, signatureHeader })).toBe(true)
    const request = requestOf(body, { 'X-Hub-Signature-256': signatureHeader })
    expect(source.verify(request, { secrets: [secret], now: 0, config: {} })).toEqual({ kind: 'verified' })
  })

  it('has no secret of ours: it is the Meta app’s', () => {
    expect(source.makeSecret).toBeUndefined()
    expect(source.checkSecret('short')).toContain('at least 8')
  })

  it('answers the challenge only with the right verify token', () => {
    const config = source.config.parse({ verifyToken: 'harvest time' })
    const ask = (query: string) =>
      source.handshake?.(requestOf(Buffer.alloc(0), {}, { method: 'GET', url: `/in/key?${query}` }), {
        secrets: [secret],
        now: 0,
        config,
      })
    const right = 'hub.mode=subscribe&hub.verify_token=harvest+time&hub.challenge='
    expect(ask(`${right}1158201444`)).toMatchObject({
      status: 200,
      body: '1158201444',
      contentType: 'text/plain; charset=utf-8',
    })
    expect(ask('hub.mode=subscribe&hub.verify_token=guess&hub.challenge=1')?.status).toBe(403)
  })

  it('takes verify tokens from eight characters on', () => {
    expect(source.config.safeParse({ verifyToken: '12345678' }).success).toBe(true)
    for (const verifyToken of ['', '1234567', 'x'.repeat(256), 12345678, null]) {
      expect(source.config.safeParse({ verifyToken }).success, String(verifyToken)).toBe(false)
    }
  })
})
