import { createHash, createHmac } from 'node:crypto'
import { type FormField, formFields, mostFields } from '../../payload/form.ts'
import { decodeExactly, isAmong } from '../../signature/compare.ts'
import { isUsable } from '../../signature/secret.ts'
import { mismatch, type Refused, refused, soleHeader, verified } from '../../signature/verdict.ts'
import type { Headers, Incoming, Proof, Verdict } from '../../source.ts'
import { bodyHashes, signedAddresses, withQueryOf } from './url.ts'

const signatureHeader = 'x-twilio-signature'
const settingsHeader = 'x-twilio-webhooks-signature-settings'
const digestBytes = { sha1: 20, sha256: 32 } as const

/**
 * The proof of Twilio: an HMAC in base64 of the URL that Twilio was given, and behind it the names and values of the form's
 * fields, sorted by name, with nothing between them. The hash of a body that is no form is in the URL, and signed with it. No
 * time is signed.
 * https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export function verify(
  { headers, address, body }: Incoming,
  { secrets, config }: Proof<{ publicUrl?: string | undefined }>,
): Verdict {
  const sent = soleHeader(headers, signatureHeader)
  if (typeof sent !== 'string') return sent
  const algorithm = algorithmOf(headers)
  if (typeof algorithm !== 'string') return algorithm
  const length = digestBytes[algorithm]
  const signature = decodeExactly(sent, 'base64', length)
  if (!signature) {
    return refused('MALFORMED_SIGNATURE', `header ${signatureHeader} is not ${length} bytes in base64`)
  }
  const given = config.publicUrl === undefined ? address : withQueryOf(config.publicUrl, address)
  const fields = signedFields(body, bodyHashes(address))
  if (!Buffer.isBuffer(fields)) return fields
  const keys = secrets.filter(isUsable)
  for (const key of keys) {
    for (const url of signedAddresses(given)) {
      const expected = createHmac(algorithm, key).update(url).update(fields).digest()
      if (isAmong(expected, [signature])) return isAmbiguous(given, fields) ? ambiguous : verified
    }
  }
  return mismatch(signatureHeader, keys.length)
}

/**
 * SHA-1, unless one of the account's webhook rules says otherwise. Twilio tells it in a header that is not signed; with a
 * source that knows one key, whoever changes it gains nothing.
 * https://github.com/twilio/twilio-node/blob/main/examples/WebhookSignatureValidation.md
 */
function algorithmOf(headers: Headers): keyof typeof digestBytes | Refused {
  if (headers.all(settingsHeader).length === 0) return 'sha1'
  const settings = soleHeader(headers, settingsHeader)
  if (typeof settings !== 'string') return settings
  const [, name] = /(?:^|,)\s*algorithm=([A-Za-z0-9_]{1,32})\s*(?:,|$)/.exec(settings) ?? []
  if (name === 'HMAC_SHA256') return 'sha256'
  if (name === 'HMAC_SHA1') return 'sha1'
  return refused('MALFORMED_SIGNATURE', `header ${settingsHeader} names neither HMAC_SHA1 nor HMAC_SHA256`)
}

/** What is signed behind the URL: a form's fields; nothing, if the body's hash is in the URL and right. */
function signedFields(body: Buffer, hashes: readonly string[]): Buffer | Refused {
  const [hash] = hashes
  if (hash !== undefined) {
    if (hashes.length > 1) {
      return refused(
        'MALFORMED_SIGNATURE',
        `header ${signatureHeader} came to a URL with ${hashes.length} parameters bodySHA256`,
      )
    }
    const sent = decodeExactly(hash.toLowerCase(), 'hex', 32)
    const right = createHash('sha256').update(body).digest()
    return sent && isAmong(right, [sent])
      ? Buffer.alloc(0)
      : refused('SIGNATURE_MISMATCH', `header ${signatureHeader} came to a URL whose bodySHA256 is not this body’s`)
  }
  const fields = formFields(body)
  return fields
    ? joined(fields)
    : refused('MALFORMED_SIGNATURE', `header ${signatureHeader} came with a form of more than ${mostFields} fields`)
}

// Of a name that came several times each value counts once, and they are sorted: as in Twilio's SDK.
function joined(fields: readonly FormField[]): Buffer {
  const sorted = [...fields].sort((a, b) => Buffer.compare(a.name, b.name) || Buffer.compare(a.value, b.value))
  const parts = sorted.filter(({ name, value }, i) => {
    const before = sorted[i - 1]
    return !(before?.name.equals(name) && before.value.equals(value))
  })
  return Buffer.concat(parts.flatMap(({ name, value }) => [name, value]))
}

/**
 * Nothing stands between URL and fields, so a URL with a body's hash reads like one without and a field that is called
 * `?bodySHA256=…`: who has a genuine request of the first sort could send one of the second.
 */
function isAmbiguous(url: string, fields: Buffer): boolean {
  return fields.length > 0 && /[?&]bodySHA256=[0-9a-f]{64}$/i.test(url + fields.toString('latin1'))
}

const ambiguous = refused(
  'MALFORMED_SIGNATURE',
  `header ${signatureHeader} is right, but for a URL that ends where the form’s fields do`,
)
