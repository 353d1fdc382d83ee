import * as fc from 'fast-check'
import { expect } from 'vitest'
import {
  anyText,
  type Case,
  signatureIn,
  withBody,
  withHeader,
  withoutHeader,
  withSecond,
} from './exercise-source-trial.ts'
import { Headers } from './source.ts'

/** Every request that a forger, a broken proxy or a careless re-sender might make of a genuine one. */
export const forgeries: readonly Case[] = [
  {
    name: 'accepts what the provider sends',
    run(trial) {
      for (const { fixture, body, headers, event } of trial.accepted) {
        trial.accepts(trial.genuine({ body, ...(event && { event }) }, headers), fixture)
      }
    },
  },
  {
    name: 'refuses a body with any region changed',
    run(trial) {
      const genuine = trial.genuine()
      const last = genuine.body.length - 1
      for (const at of [0, 1, last >> 2, last >> 1, last - (last >> 2), last]) {
        const body = Buffer.from(genuine.body)
        body[at] = (body[at] ?? 0) ^ 1
        trial.refuses(withBody(genuine, body), 'SIGNATURE_MISMATCH', `byte ${at} changed`)
      }
      trial.refuses(withBody(genuine, genuine.body.subarray(1)), 'SIGNATURE_MISMATCH', 'first byte cut')
      trial.refuses(withBody(genuine, genuine.body.subarray(0, last)), 'SIGNATURE_MISMATCH', 'last byte cut')
      trial.refuses(
        withBody(genuine, Buffer.concat([genuine.body, Buffer.from([0])])),
        'SIGNATURE_MISMATCH',
        'NUL added',
      )
      trial.refuses(
        withBody(genuine, Buffer.concat([genuine.body, genuine.body])),
        'SIGNATURE_MISMATCH',
        'body doubled',
      )
    },
  },
  {
    name: 'refuses a body with any single bit flipped',
    run(trial) {
      const bit = fc.nat(trial.body.length * 8 - 1)
      fc.assert(
        fc.property(bit, (at) => {
          const body = Buffer.from(trial.body)
          body[at >> 3] = (body[at >> 3] ?? 0) ^ (1 << (at & 7))
          trial.refuses(withBody(trial.genuine(), body), 'SIGNATURE_MISMATCH', `bit ${at}`)
        }),
      )
    },
  },
  {
    name: 'refuses a signature made with another secret',
    run(trial) {
      const { secret, otherSecret } = trial.exercise
      trial.refuses(trial.genuine({ secret: otherSecret }), 'SIGNATURE_MISMATCH', 'made with the other secret')
      trial.refuses(trial.genuine(), 'SIGNATURE_MISMATCH', 'checked with the other secret', {
        secrets: [trial.heldFor(otherSecret)],
      })
      trial.accepts(trial.genuine({ secret }), 'made with the right secret')
    },
  },
  {
    name: 'refuses a request without one of the headers',
    run(trial) {
      for (const name of trial.proof.headers) {
        trial.refuses(withoutHeader(trial.genuine(), name), 'MISSING_SIGNATURE', `without ${name}`)
      }
      const bare = { ...trial.genuine(), headers: new Headers([]) }
      expect(trial.judge(bare), 'without any header').toMatchObject({ kind: 'refused', cause: 'MISSING_SIGNATURE' })
    },
  },
  {
    name: 'refuses a doubled header, even when both values are right',
    run(trial) {
      for (const name of trial.proof.headers) {
        const genuine = trial.genuine()
        const value = genuine.headers.get(name) ?? ''
        trial.refuses(withSecond(genuine, name, value), 'MALFORMED_SIGNATURE', `${name} twice`)
        trial.refuses(withSecond(genuine, name.toUpperCase(), value), 'MALFORMED_SIGNATURE', `${name} in another case`)
        trial.refuses(withSecond(genuine, name, 'x'), 'MALFORMED_SIGNATURE', `${name} and a second one`)
      }
    },
  },
  {
    name: 'refuses a signature of another length, and throws nothing',
    run(trial) {
      const genuine = trial.genuine()
      const { before, signature } = signatureIn(trial.valueOf(genuine), trial.proof.encoding)
      const bytes = Buffer.from(signature, trial.proof.encoding)
      const cut = [0, 1, 16, bytes.length - 1].map((length) => bytes.subarray(0, length).toString(trial.proof.encoding))
      const long = [Buffer.concat([bytes, Buffer.from([0])]), Buffer.concat([bytes, bytes])]
      const wrong = [...cut, ...long.map((each) => each.toString(trial.proof.encoding)), signature.slice(0, -1)]
      for (const each of wrong) {
        trial.refuses(withHeader(genuine, trial.header, before + each), 'MALFORMED_SIGNATURE', `"${each}"`)
      }
      trial.refuses(withHeader(genuine, trial.header, ''), 'MALFORMED_SIGNATURE', 'an empty header')
      trial.refuses(withHeader(genuine, trial.header, '0'.repeat(16_000)), 'MALFORMED_SIGNATURE', 'a huge header')
    },
  },
  {
    name: 'refuses the right signature in another spelling',
    run(trial) {
      const genuine = trial.genuine()
      const { before, signature } = signatureIn(trial.valueOf(genuine), trial.proof.encoding)
      for (const each of spellings(signature, trial.proof.encoding)) {
        expect(each).not.toBe(signature)
        trial.refuses(withHeader(genuine, trial.header, before + each), 'MALFORMED_SIGNATURE', `"${each}"`)
      }
    },
  },
  {
    name: 'refuses a right signature under another version of the scheme',
    run(trial) {
      const genuine = trial.genuine()
      const value = trial.valueOf(genuine)
      for (const [from, to] of trial.proof.foreign) {
        expect(value).toContain(from)
        const forged = withHeader(genuine, trial.header, value.replace(from, to))
        trial.refuses(forged, 'MALFORMED_SIGNATURE', `"${to}" instead of "${from}"`)
      }
    },
  },
  {
    name: 'refuses an empty or guessed key, even when the source has it for a secret',
    run(trial) {
      for (const guess of ['', ' ', '\t\n', 'undefined', 'null', 'NaN', 'whsec_', '[object Object]']) {
        const forged = trial.genuine({ secret: guess })
        trial.refuses(forged, 'SIGNATURE_MISMATCH', `signed with "${guess}"`)
        trial.refuses(forged, 'SIGNATURE_MISMATCH', `"${guess}" is the secret`, { secrets: [guess] })
        expect(trial.definition.checkSecret(guess), `checkSecret("${guess}")`).toEqual(expect.any(String))
      }
      trial.refuses(trial.genuine(), 'SIGNATURE_MISMATCH', 'no secret at all', { secrets: [] })
      expect(trial.definition.checkSecret(trial.heldFor(trial.exercise.secret))).toBeUndefined()
      expect(trial.definition.checkSecret(trial.heldFor(trial.exercise.otherSecret))).toBeUndefined()
    },
  },
  {
    name: 'makes secrets that it takes itself, each another',
    run({ definition }) {
      if (!definition.makeSecret) return
      const made = [definition.makeSecret(), definition.makeSecret()]
      expect(new Set(made).size).toBe(2)
      for (const secret of made) expect(definition.checkSecret(secret)).toBeUndefined()
    },
  },
  {
    name: 'accepts the current and the previous secret while both are valid',
    run(trial) {
      const { secret, otherSecret } = trial.exercise
      const [held, other] = [trial.heldFor(secret), trial.heldFor(otherSecret)]
      trial.accepts(trial.genuine({ secret }), 'the current one', { secrets: [held, other] })
      trial.accepts(trial.genuine({ secret }), 'the previous one', { secrets: [other, held] })
      trial.accepts(trial.genuine({ secret }), 'beside an unusable one', { secrets: ['', 'undefined', held] })
      trial.refuses(trial.genuine({ secret }), 'SIGNATURE_MISMATCH', 'after the overlap', { secrets: [other] })
    },
  },
  {
    name: 'verifies an empty body like any other',
    run(trial) {
      trial.accepts(trial.genuine({ body: Buffer.alloc(0) }), 'rightly signed')
      trial.refuses(withBody(trial.genuine(), Buffer.alloc(0)), 'SIGNATURE_MISMATCH', 'the signature of another body')
    },
  },
  {
    name: 'refuses copies of the body that mean the same',
    run(trial) {
      const genuine = trial.genuine({ body: Buffer.from(awkward) })
      trial.accepts(genuine, 'the body itself')
      for (const [name, copy] of Object.entries(copies(awkward))) {
        expect(copy.equals(genuine.body), `the copy "${name}" is no other body`).toBe(false)
        trial.refuses(withBody(genuine, copy), 'SIGNATURE_MISMATCH', name)
      }
    },
  },
  {
    name: 'tells bytes that are not UTF-8 from the character that stands for them',
    run(trial) {
      const raw = Buffer.from('{"name":"a\xffb"}', 'latin1')
      const replaced = Buffer.from('{"name":"a\uFFFDb"}')
      trial.accepts(trial.genuine({ body: raw }), '0xFF')
      trial.accepts(trial.genuine({ body: replaced }), 'U+FFFD')
      trial.refuses(withBody(trial.genuine({ body: raw }), replaced), 'SIGNATURE_MISMATCH', 'U+FFFD for 0xFF')
      trial.refuses(withBody(trial.genuine({ body: replaced }), raw), 'SIGNATURE_MISMATCH', '0xFF for U+FFFD')
    },
  },
  {
    name: 'answers with a verdict whatever the headers hold',
    run(trial) {
      const value = fc.oneof(fc.string(), anyText, fc.constantFrom('t=', 'v1=', 'v1,'))
      const request = trial.genuine()
      fc.assert(
        fc.property(fc.array(value, { minLength: trial.proof.headers.length, maxLength: 9 }), (values) => {
          const raw = values.map((each, i): [string, string] => [
            trial.proof.headers[i % trial.proof.headers.length] ?? trial.header,
            each,
          ])
          expect(trial.judge({ ...request, headers: new Headers(raw) }).kind).toBe('refused')
        }),
      )
    },
  },
]

/** A body that every kind of careless copying changes. */
const awkward =
  '{ "name" : "M\\u00fcller \\ud83d\\ude00 \uFFFD",\n  "price": 1.0, "big": 9007199254740993, "a": 1, "a": 2 }\n'

function copies(text: string): Record<string, Buffer> {
  return {
    're-serialised': Buffer.from(JSON.stringify(JSON.parse(text))),
    unescaped: Buffer.from(
      text.replace(/\\u([0-9a-f]{4})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    ),
    'with CRLF': Buffer.from(text.replaceAll('\n', '\r\n')),
    'with a byte-order mark': Buffer.from(`\uFEFF${text}`),
    trimmed: Buffer.from(text.trim()),
    'in latin1': Buffer.from(text, 'latin1'),
    'in UTF-16': Buffer.from(text, 'utf16le'),
    'in base64': Buffer.from(Buffer.from(text).toString('base64')),
  }
}

function spellings(signature: string, encoding: 'hex' | 'base64'): string[] {
  const bytes = Buffer.from(signature, encoding)
  if (encoding === 'hex') {
    const nonHex = [`zz${signature.slice(2)}`, `${signature.slice(0, -2)}zz`, `0x${signature}`, `${signature}\u00e9`]
    return [signature.toUpperCase(), bytes.toString('base64'), ...nonHex, `"${signature}"`, `${signature};`]
  }
  // The last character of padded base64 carries bits that mean nothing: the next letter decodes to the same bytes.
  const idle = String.fromCharCode(signature.charCodeAt(signature.length - 2) + 1)
  const loose = [
    `${signature.slice(0, -2)}${idle}=`,
    `${signature}=`,
    `${signature}!`,
    `${signature},`,
    `!${signature}`,
  ]
  return [signature.replace('=', ''), bytes.toString('hex'), ...loose, `${signature.slice(0, -4)}-_-=`]
}
