import { Unparsable } from '../source.ts'

const field = Buffer.from('payload=', 'latin1')
const plus = 0x2b
const percent = 0x25
const ampersand = 0x26
const space = 0x20

/**
 * The bytes of the `payload` field of an `application/x-www-form-urlencoded` body, which is how GitHub (if a hook is set
 * so) and Slack (for interactions) wrap their JSON; undefined when the body is no such form. The body's own first bytes
 * decide, not the content type: no signature covers that header, and a genuine JSON body with `&payload=…` somewhere
 * inside, sent again as a form, would become an event of an attacker's choice. JSON cannot begin with `payload=`.
 * https://docs.github.com/en/webhooks/using-webhooks/creating-webhooks#creating-a-repository-webhook
 * https://api.slack.com/interactivity/handling
 */
export function formPayload(body: Buffer): Buffer | undefined {
  if (!body.subarray(0, field.length).equals(field)) return undefined
  const end = body.indexOf(ampersand, field.length)
  if (end >= 0 && body.includes('&payload=', end, 'latin1')) throw new Unparsable('the form has two payload fields')
  return percentDecode(body.subarray(field.length, end < 0 ? body.length : end))
}

function percentDecode(encoded: Buffer): Buffer {
  const decoded = Buffer.allocUnsafe(encoded.length)
  let length = 0
  for (let i = 0; i < encoded.length; i++) {
    const byte = encoded[i] ?? 0
    if (byte === percent) {
      const value = hexValue(encoded[i + 1]) * 16 + hexValue(encoded[i + 2])
      if (Number.isNaN(value))
        throw new Unparsable('the form field payload has a "%" that two hex digits do not follow')
      decoded[length++] = value
      i += 2
    } else decoded[length++] = byte === plus ? space : byte
  }
  return decoded.subarray(0, length)
}

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return Number.NaN
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : Number.NaN
}
