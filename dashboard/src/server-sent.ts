/** One message of a stream of Server-Sent Events, as this server writes them: one line of data at most. */
export interface Message {
  id: string | undefined
  event: string | undefined
  data: string
}

/** Reads messages as they come; one that was not finished when the stream ended is left out. */
export async function* messagesIn(body: ReadableStream<Uint8Array>): AsyncGenerator<Message, void, undefined> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    const blocks = (rest + decoder.decode(value, { stream: true })).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) yield messageOf(block)
  }
}

function messageOf(block: string): Message {
  const of = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1]
  return { id: of('id'), event: of('event'), data: of('data') ?? '' }
}
