import { Writable } from 'node:stream'

/** What a reader was sent. */
export interface Message {
  id?: string
  event?: string
  data?: string
}

/** A reader in the tests, who takes everything at once or nothing at all. */
export interface TestReader {
  out: Writable
  /** The messages so far, comments left out. */
  messages(): Message[]
  /** The ids of the events among them. */
  events(): string[]
  /** The cursor that he would come again with. */
  cursor(): string
  text(): string
  isClosed(): boolean
  /** Takes what has waited, and everything from now on. */
  goOn(): void
}

export function testReader({ isStuck = false } = {}): TestReader {
  let text = ''
  let isClosed = false
  let release: (() => void) | undefined
  const out = new Writable({
    decodeStrings: false,
    write(chunk: string, _, done) {
      text += chunk
      if (isStuck) release = done
      else done()
    },
  })
  out.on('close', () => {
    isClosed = true
  })
  const messages = () => parse(text)
  return {
    out,
    messages,
    events: () => messages().flatMap(({ event, data }) => (event === 'event' ? [JSON.parse(data ?? '').id] : [])),
    cursor: () => messages().findLast(({ id }) => id !== undefined)?.id ?? '',
    text: () => text,
    isClosed: () => isClosed,
    goOn() {
      isStuck = false
      release?.()
    },
  }
}

/** Whole messages of a text; a half one at its end is left out. */
export function parse(text: string): Message[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((block) =>
      Object.fromEntries(
        block.split('\n').flatMap((line) => {
          const at = line.indexOf(': ')
          return at > 0 ? [[line.slice(0, at), line.slice(at + 2)]] : []
        }),
      ),
    )
}
