import type { Event } from '../event.ts'
import { serveFacts } from './fact-server.ts'

/** A follower whose reading does whatever the data of an event says. */
export const wayward = {
  name: 'wayward',
  async read({ data }: Event): Promise<unknown> {
    const deed = JSON.parse(data ?? '""') as string
    const act = (deeds as Record<string, (() => unknown) | undefined>)[deed]
    return act ? await act() : `read ${deed}`
  },
}

const deeds = {
  loop() {
    for (;;);
  },
  wait: () => new Promise(() => {}),
  exit: () => process.exit(0),
  'exit 7': () => process.exit(7),
  push() {
    const all: unknown[] = []
    for (;;) all.push({ n: all.length })
  },
  // One large piece: on a thread this takes the whole process with it.
  array: () => new Array(2e8).fill({}),
  // Not JavaScript's own memory.
  buffer() {
    const all: Buffer[] = []
    for (;;) all.push(Buffer.alloc(64 * 1024 * 1024, 1))
  },
  'throw undefined'() {
    throw undefined
  },
  reject: () => Promise.reject(),
  'throw a text'() {
    throw 'x'.repeat(1_000_000)
  },
  'throw a circle'() {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    throw circle
  },
  'throw what cannot be shown'() {
    throw {
      get [Symbol.toStringTag]() {
        throw new Error('no')
      },
      toString: null,
    }
  },
  'throw long'() {
    throw new RangeError('y'.repeat(1_000_000))
  },
  later: () => void Promise.reject(new Error('nobody waits for this')),
  function: () => () => 1,
  environment: () => Object.keys(process.env).filter((name) => /DATABASE|TRUNKLINE|SECRET/.test(name)),
  pid: () => process.pid,
}

if (process.send && process.argv[2]) serveFacts(process, [wayward], Number(process.argv[2]) + 200)
