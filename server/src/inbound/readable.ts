import { isUtf8 } from 'node:buffer'
import { type Incoming, type JsonText, type Readable, Unparsable } from './source.ts'

/** A verified request whose JSON can be read; its own body's at most once. */
export function readable(request: Incoming): Readable {
  const { method, url, address, isAddressed, headers, body } = request
  let own: JsonText | undefined
  return {
    method,
    url,
    address,
    isAddressed,
    headers,
    body,
    json(bytes) {
      if (bytes !== undefined && bytes !== body) return readJson(bytes)
      own ??= readJson(body)
      return own
    },
  }
}

function readJson(bytes: Uint8Array): JsonText {
  // Checked first, because decoding writes U+FFFD for what is not UTF-8, and two different bodies would read the same.
  if (!isUtf8(bytes)) throw new Unparsable('the body is not UTF-8 text')
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const text = whole.startsWith('\uFEFF') ? whole.slice(1) : whole
  try {
    return { text, value: JSON.parse(text) }
  } catch {
    // What the engine says is left out: it quotes the body, and details are shown where bodies are not.
    throw new Unparsable(text.trim() === '' ? 'the body is empty' : 'the body is not JSON')
  }
}
