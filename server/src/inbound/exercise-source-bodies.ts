import { gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import type { Case, Trial } from './exercise-source-trial.ts'
import { type ParsedEvent, Unparsable } from './source.ts'

/** What must become of the body of a genuine request, whatever it holds. */
export const bodies: readonly Case[] = [
  {
    name: 'reads the events out of what the provider sends',
    run(trial) {
      for (const { fixture, body, headers, event, gives } of trial.accepted) {
        const events = trial.read(trial.genuine({ body, ...(event && { event }) }, headers))
        expect(events.length, fixture).toBeGreaterThan(0)
        for (const each of events) expectStorable(each, fixture)
        if (gives) expect(events[0], fixture).toMatchObject(gives)
      }
    },
  },
  {
    name: 'gives a repeat the same dedupe key',
    run(trial) {
      for (const { fixture, body, headers } of trial.accepted) {
        const first = trial.read(trial.genuine({ body, id: 'msg_1' }, headers))
        const again = trial.read(trial.genuine({ body, id: 'msg_1', nowMs: trial.nowMs + 60_000 }, headers))
        expect(again, `${fixture}, sent again a minute later`).toEqual(first)
      }
      const keys = trial.accepted.map(
        ({ body }, i) => trial.read(trial.genuine({ body, id: `msg_${i}` }))[0]?.dedupeKey,
      )
      expect(new Set(keys).size, 'each fixture is another event').toBe(keys.length)
    },
  },
  {
    name: 'makes an event of every body that is legal JSON, its text unchanged',
    run(trial) {
      for (const [name, text] of Object.entries(legal)) expect(dataOf(trial, Buffer.from(text), name), name).toBe(text)
    },
  },
  {
    name: 'cuts a byte-order mark from the data, and nothing else',
    run(trial) {
      for (const text of ['{"a":1}', ' \r\n[1, 2]\t ', '"\uFEFF"']) {
        expect(dataOf(trial, Buffer.from(`\uFEFF${text}`), text)).toBe(text)
      }
    },
  },
  {
    name: 'calls every other body unparsable, and throws nothing else',
    run(trial) {
      for (const [name, body] of Object.entries(illegal)) {
        const request = trial.genuine({ body })
        trial.accepts(request, name)
        if (trial.exercise.takesAnyBody) expect(dataOf(trial, body, name), name).toBeNull()
        else expect(() => trial.read(request), name).toThrow(Unparsable)
      }
    },
  },
]

function dataOf(trial: Trial, body: Buffer, name: string): string | null | undefined {
  const request = trial.genuine({ body })
  trial.accepts(request, name)
  const events = trial.read(request)
  for (const event of events) expectStorable(event, name)
  expect(events.length, name).toBe(1)
  return events[0]?.data
}

/** Both databases can hold it: bounded, no NUL, no half of a surrogate pair. */
function expectStorable({ dedupeKey, type, subject }: ParsedEvent, name: string): void {
  expect(dedupeKey ?? 'none', name).toMatch(/^[!-~]{1,255}$/)
  expect(type, name).toMatch(/^[a-z0-9][a-z0-9_.-]*\.[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}$/)
  expect(subject ?? 'none', name).toMatch(/^\P{C}{1,255}$/u)
}

const keys50k = Array.from({ length: 50_000 }, (_, i) => `"key${i}":${i}`).join(',')
const huge = 'x'.repeat(400_000)

const legal: Record<string, string> = {
  'an empty object': '{}',
  'an empty list': '[]',
  null: 'null',
  'a truth': 'true',
  'a number': '0',
  'a text': '"text"',
  'an empty text': '""',
  'white space around it': ' \r\n\t{ } \n',
  'a number beyond every double': '{"n":1e999999,"m":-1e999999}',
  'a number beyond 2^53': '{"n":9007199254740993,"x":1.000000000000000000001}',
  'a key twice': '{"id":"a","id":"b","type":"a.b","type":"c.d"}',
  'keys of the prototype':
    '{"__proto__":{"id":"x","type":"y"},"constructor":{"prototype":1},"toString":1,"hasOwnProperty":2}',
  'only inherited names': '{"data":{"__proto__":{"object":{"id":"x"}}},"repository":{"__proto__":{"full_name":"a/b"}}}',
  'depth 10,000': `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
  'depth 200,000': `${'{"a":'.repeat(100_000)}${'['.repeat(100_000)}${']'.repeat(100_000)}${'}'.repeat(100_000)}`,
  '50,000 keys': `{${keys50k}}`,
  'an escaped NUL':
    '{"id":"\\u0000","type":"a\\u0000","data":{"id":"\\u0000","object":{"id":"\\u0000"}},"repository":{"full_name":"\\u0000"}}',
  'half of a pair':
    '{"id":"\\ud83d","type":"\\ud83d","data":{"id":"\\ud83d","object":{"id":"\\ud83d"}},"repository":{"full_name":"\\ud83d"}}',
  'ids that are no text': '{"id":1,"type":["a"],"data":{"id":{},"object":{"id":null}},"repository":{"full_name":7}}',
  'data that is no object': '{"id":"evt_1","type":"a.b","data":[{"object":"id"}],"repository":"name"}',
  'ids without end': `{"id":"${huge}","type":"${huge}","data":{"id":"${huge}","object":{"id":"${huge}"}},"repository":{"full_name":"${huge}"}}`,
  'empty ids': '{"id":"","type":"","data":{"id":"","object":{"id":""}},"repository":{"full_name":""}}',
  'a type that is a path': '{"id":"../1","type":"../../etc/passwd","data":{"id":"<b>"}}',
}

const illegal: Record<string, Buffer> = {
  nothing: Buffer.alloc(0),
  'white space': Buffer.from(' \n'),
  'a byte-order mark alone': Buffer.from('\uFEFF'),
  'two byte-order marks': Buffer.from('\uFEFF\uFEFF{}'),
  'no JSON': Buffer.from('hello'),
  'half a JSON': Buffer.from('{"a":'),
  'two JSONs': Buffer.from('{}{}'),
  'a comma too many': Buffer.from('{"a":1,}'),
  NaN: Buffer.from('{"a":NaN}'),
  'a raw NUL in a text': Buffer.from('{"a":"\u0000"}'),
  'a raw NUL behind it': Buffer.from('{}\u0000'),
  'a lone 0xFF': Buffer.from('{"a":"\xff"}', 'latin1'),
  'a surrogate in UTF-8': Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
  'an overlong slash': Buffer.from([0x22, 0xc0, 0xaf, 0x22]),
  'a character cut short': Buffer.from('"é"').subarray(0, 2),
  'UTF-16': Buffer.from('\uFEFF{}', 'utf16le'),
  gzip: gzipSync('{"a":1}'),
  'a form without a payload': Buffer.from('a=1&b=2'),
  html: Buffer.from('<html></html>'),
}
