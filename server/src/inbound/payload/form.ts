/** A field of a form, decoded: bytes, because a sender's signature is over bytes and not every sender writes UTF-8. */
export interface FormField {
  name: Buffer
  value: Buffer
}

/** More fields than any sender's form has. Beyond it a body is made of `&` to keep us busy. */
export const mostFields = 1000

const equals = 0x3d
const ampersand = 0x26
const plus = 0x2b
const percent = 0x25
const space = 0x20

/**
 * The fields of an `application/x-www-form-urlencoded` body in the order sent, or undefined when there are more than
 * `mostFields`. It reads as the standard says and as every server does: any bytes are a form, a `%` that two hex digits
 * do not follow means itself, and empty parts are no fields.
 * https://url.spec.whatwg.org/#urlencoded-parsing
 */
export function formFields(body: Buffer): FormField[] | undefined {
  const fields: FormField[] = []
  for (let from = 0; from < body.length; ) {
    const found = body.indexOf(ampersand, from)
    const end = found < 0 ? body.length : found
    if (end > from) {
      if (fields.length === mostFields) return undefined
      fields.push(fieldOf(body.subarray(from, end)))
    }
    from = end + 1
  }
  return fields
}

/** The text of a field that came exactly once, or undefined: of two values, which one would be meant? */
export function formText(fields: readonly FormField[], name: string): string | undefined {
  const wanted = Buffer.from(name)
  const found = fields.filter((field) => field.name.equals(wanted))
  return found.length === 1 ? found[0]?.value.toString('utf8') : undefined
}

function fieldOf(part: Buffer): FormField {
  const at = part.indexOf(equals)
  if (at < 0) return { name: decode(part), value: Buffer.alloc(0) }
  return { name: decode(part.subarray(0, at)), value: decode(part.subarray(at + 1)) }
}

function decode(encoded: Buffer): Buffer {
  const decoded = Buffer.allocUnsafe(encoded.length)
  let length = 0
  for (let i = 0; i < encoded.length; i++) {
    const byte = encoded[i]
    const value = byte === percent ? hexValue(encoded[i + 1]) * 16 + hexValue(encoded[i + 2]) : Number.NaN
    if (Number.isNaN(value)) decoded[length++] = byte === plus ? space : (byte ?? 0)
    else {
      decoded[length++] = value
      i += 2
    }
  }
  return decoded.subarray(0, length)
}

// Counted, not looked up in a text: a form of 25 MiB has millions of these.
function hexValue(digit: number | undefined): number {
  if (digit === undefined) return Number.NaN
  if (digit >= 0x30 && digit <= 0x39) return digit - 0x30
  const letter = digit | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : Number.NaN
}
