import { parentPort } from 'node:worker_threads'
import { z } from 'zod'
import { serveParsing } from './parse-server.ts'
import { type Incoming, type SourceDefinition, Unparsable } from './source.ts'
import github from './sources/github/source.ts'

/** What a parser of the tests does with a body; the body's first word says which. */
const deeds: Readonly<Record<string, (request: Incoming) => void>> = {
  unparsable: () => {
    throw new Unparsable('the body is not to be read')
  },
  faulty: () => {
    throw new TypeError('nothing is undefined')
  },
  dying: () => process.exit(3),
  hungry: () => {
    const eaten: unknown[] = []
    for (;;) eaten.push(Array.from({ length: 100_000 }, (_, i) => ({ i })))
  },
  slow: () => {
    for (;;);
  },
}

let parsed = 0

/** A kind of source whose bodies say what becomes of their parser; `verify` obeys the header `proof` in the same way. */
export const wayward: SourceDefinition = {
  kind: 'wayward',
  title: 'Wayward',
  limits: { bodyBytes: 1_000_000 },
  config: z.strictObject({}),
  checkSecret: () => undefined,
  verify(request, { secrets }) {
    const proof = request.headers.get('proof') ?? ''
    // Only beside the server: here it would be the test itself that dies.
    if (parentPort) deeds[proof]?.(request)
    return secrets.includes(proof) || deeds[proof]
      ? { kind: 'verified' }
      : { kind: 'refused', cause: 'SIGNATURE_MISMATCH', detail: 'header proof is wrong' }
  },
  parse(request) {
    const text = request.body.toString()
    deeds[text.slice(0, text.indexOf(' '))]?.(request)
    return [
      {
        dedupeKey: `${++parsed} on this thread`,
        type: 'wayward.made',
        subject: request.url,
        data: JSON.stringify(text),
      },
    ]
  },
}

// Two kinds are enough: each test starts threads, and reading all kinds would take most of its time.
if (parentPort)
  serveParsing(parentPort, new Map([github as SourceDefinition, wayward].map((each) => [each.kind, each])))
