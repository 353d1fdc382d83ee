import { createHmac } from 'node:crypto'
import { isAmong, mismatch, mostSignatures, type Proof } from './proof.ts'
import { malformed, type RequestHeaders, required } from './request-headers.ts'
import { VerificationError } from './verification-error.ts'

/** A way to sign whose key is the text of the secret as it is. */
export type TextDialect = 'stripe' | 'github' | 'opencom' | 'remotedev'

/** What a request shows as its proof: the time that was signed as it is written, if any, and signatures in hex. */
interface Shown {
  time: string | undefined
  signatures: readonly string[]
}

interface Form {
  signature: string
  /** Where the time is. */
  time: string
  /** The id is what the sender says: these dialects do not sign it. */
  id: string
  read(value: string, headers: RequestHeaders): Shown
}

const forms: Readonly<Record<TextDialect, Form>> = {
  stripe: { ...timed('stripe-signature'), id: 'webhook-id' },
  opencom: { ...timed('x-opencom-signature'), id: 'x-opencom-event-id' },
  github: {
    signature: 'x-hub-signature-256',
    time: '',
    id: 'webhook-id',
    read: (value) => ({ time: undefined, signatures: value.startsWith('sha256=') ? [value.slice(7)] : [] }),
  },
  remotedev: {
    signature: 'x-webhook-signature',
    time: 'x-webhook-timestamp',
    id: 'x-webhook-id',
    read: (value, headers) => ({ time: required(headers, 'x-webhook-timestamp'), signatures: [value] }),
  },
}

/** Stripe's form: `t=<seconds>,v1=<hex>`, with more than one `v1` while a secret is changed. */
function timed(signature: string): Omit<Form, 'id'> {
  return {
    signature,
    time: signature,
    read(value) {
      const parts = value.split(',').map((part) => part.trim())
      const of = (name: string) => parts.filter((part) => part.startsWith(name)).map((part) => part.slice(name.length))
      const [time, ...others] = of('t=')
      if (time === undefined || others.length > 0) throw malformed(signature, 'has not exactly one "t="')
      return { time, signatures: of('v1=') }
    },
  }
}

/** Proves a request by HMAC-SHA256 over `time.body`, or over the body alone where no time is signed. */
export function dialectProof(
  dialect: TextDialect,
  body: Uint8Array | string,
  headers: RequestHeaders,
  secrets: readonly string[],
): Proof {
  const form = forms[dialect]
  for (const secret of secrets) checkText(secret)
  const { time, signatures: shown } = form.read(required(headers, form.signature), headers)
  const signatures = shown
    .filter((each) => /^[0-9a-f]{64}$/i.test(each))
    .slice(0, mostSignatures)
    .map((each) => Buffer.from(each, 'hex'))
  if (signatures.length === 0) throw malformed(form.signature, 'has no signature of 32 bytes in hex')
  if (time !== undefined && !/^[0-9]{1,15}$/.test(time)) throw malformed(form.time, 'must have a time of digits only')
  const id = required(headers, form.id)
  if (!/^[!-~]{1,255}$/.test(id)) throw malformed(form.id, 'must be 1 to 255 visible characters')
  const head = time === undefined ? '' : `${time}.`
  const isGenuine = secrets.some((secret) =>
    isAmong(createHmac('sha256', secret).update(head).update(body).digest(), signatures),
  )
  if (!isGenuine) throw mismatch(form.signature, time === undefined ? 'the body' : 'the body and the time')
  return { id, time: time === undefined ? undefined : { header: form.time, seconds: Number(time) } }
}

/** What stands where a secret was forgotten. */
const forgotten: ReadonlySet<string> = new Set([
  '',
  'undefined',
  'null',
  'none',
  'nan',
  'true',
  'false',
  '[object object]',
  'whsec_',
])

/** With a public key as the text, or with what stands where a secret was forgotten, anybody could sign. */
function checkText(secret: string): void {
  if (forgotten.has(secret.trim().toLowerCase()))
    throw new VerificationError('UNUSABLE_SECRET', 'the secret is empty, or was forgotten')
  if (secret.startsWith('whpk_'))
    throw new VerificationError('UNUSABLE_SECRET', 'a public key ("whpk_") verifies "ed25519" only, and is no secret')
}
