import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeCertificate } from '../../egress/exercise-certificates.ts'
import { openTestApi, type TestApi } from '../exercise-api.ts'

const authority = makeCertificate({ name: 'Private authority', isAuthority: true, from: -36_500, to: 36_500 })
const { cert, key } = makeCertificate({ name: 'trunkline', issuer: authority, from: -36_500, to: 36_500 })

let api: TestApi
beforeAll(async () => {
  api = await openTestApi()
})
afterAll(() => api[Symbol.asyncDispose]())

it('takes a client certificate and an authority, and shows whose they are and never the key', async () => {
  const caller = api.caller()
  const tls = { certificate: cert, key, ca: authority.cert }
  const made = await caller.post('/endpoints', { url: 'https://example.com/hooks', tls })
  expect(made.status, made.text).toBe(201)
  const subject = (name: string) => ({ subject: `CN=${name}`, expiresAt: expect.stringMatching(/^\d{4}-.*Z$/) })
  const shown = { certificate: subject('trunkline'), ca: [subject('Private authority')] }
  expect(made.json.tls).toEqual(shown)
  const path = `/endpoints/${made.json.id}`
  const patched = await caller.patch(path, { description: 'x' })
  const read = await caller.get(path)
  for (const answer of [made, patched, read]) expect(answer.text).not.toMatch(/PRIVATE KEY|BEGIN CERTIFICATE/)
  expect([patched.json.tls, read.json.tls]).toEqual([shown, shown])
  const [row] = api.storage.sql('SELECT sealed_tls FROM endpoints WHERE id = ?', made.json.id)
  expect(String(row?.sealed_tls)).not.toMatch(/PRIVATE KEY/)
  expect((await caller.patch(path, { tls: { ca: authority.cert } })).json.tls).toEqual({
    certificate: null,
    ca: shown.ca,
  })
  expect((await caller.patch(path, { tls: null })).json.tls).toBeNull()
})

it.each([
  [{ certificate: cert }, '/tls/key'],
  [{ key }, '/tls/certificate'],
  [{}, '/tls/certificate'],
  [{ certificate: cert, key: makeCertificate({ name: 'other' }).key }, '/tls/key'],
  [{ ca: 'hello' }, '/tls/ca'],
  [{ ca: 'x'.repeat(64 * 1024 + 1) }, '/tls/ca'],
])('refuses what does not fit, and says where (%#)', async (tls, at) => {
  const refused = await api.caller().post('/endpoints', { url: 'https://example.com/hooks', tls })
  expect([refused.status, refused.json.code]).toEqual([400, 'INVALID_INPUT'])
  expect(refused.json.errors).toMatchObject([{ at }])
  expect(refused.text).not.toContain('PRIVATE KEY-----M')
})
