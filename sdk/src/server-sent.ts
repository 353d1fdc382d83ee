/** One message of a stream of Server-Sent Events. */
export interface ServerSentMessage {
  id: string | undefined
  /** `message` when the server has given it no name. */
  event: string
  data: string
  retryMs: number | undefined
}

/**
 * Reads Server-Sent Events as they come. A message that was not finished when the stream ended is left out. A message
 * without data is told too: its id may be all that there is to know. Says when it waits for bytes, and when some are there.
 */
export async function* readMessages(
  body: ReadableStream<Uint8Array>,
  { waiting, arrived }: { waiting(): void; arrived(): void },
): AsyncGenerator<ServerSentMessage, void, undefined> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  let lines: string[] = []
  try {
    for (;;) {
      waiting()
      const { value, done } = await reader.read()
      arrived()
      if (done) return
      const parts = (rest + decoder.decode(value, { stream: true })).split('\n')
      rest = parts.pop() ?? ''
      for (const part of parts) {
        const line = part.endsWith('\r') ? part.slice(0, -1) : part
        if (line !== '') lines.push(line)
        else {
          const message = messageIn(lines)
          lines = []
          if (message) yield message
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

/** Undefined for comments alone. */
function messageIn(lines: readonly string[]): ServerSentMessage | undefined {
  const fields = lines.flatMap((line): [string, string][] => {
    const colon = line.indexOf(':')
    if (colon === 0) return []
    return colon < 0 ? [[line, '']] : [[line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]]
  })
  if (fields.length === 0) return undefined
  const last = (name: string) => fields.findLast(([each]) => each === name)?.[1]
  const retry = last('retry')
  return {
    id: last('id'),
    event: last('event') ?? 'message',
    data: fields.flatMap(([name, value]) => (name === 'data' ? [value] : [])).join('\n'),
    retryMs: retry !== undefined && /^\d{1,8}$/.test(retry) ? Number(retry) : undefined,
  }
}
