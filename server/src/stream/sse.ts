// The text of a stream of Server-Sent Events: https://html.spec.whatwg.org/multipage/server-sent-events.html

/** How soon a reader should come again when it has lost the stream. */
const retryMs = 1000

/** Goes out first: when to come again, and the place to begin from if nothing at all follows. */
export const opening = (cursor: string): string => `retry: ${retryMs}\nid: ${cursor}\n\n`

/** One event. Its JSON holds no line break: JSON writes one as `\n`. */
export const eventMessage = (cursor: string, json: string): string => `id: ${cursor}\nevent: event\ndata: ${json}\n\n`

/** Keeps connections open that would be closed for silence, and moves the reader's cursor past what it does not want. */
export const heartbeat = (cursor: string): string => `: still here\nid: ${cursor}\n\n`

/** Why the server ends a stream. */
export type Farewell = 'stopping' | 'refused'

export const farewell = (cursor: string, reason: Farewell): string =>
  `id: ${cursor}\nevent: end\ndata: {"reason":"${reason}"}\n\n`
