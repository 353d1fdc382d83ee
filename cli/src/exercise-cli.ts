import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Terminal } from './command.ts'
import { run } from './run.ts'

/** A command that runs, or has run. */
export interface Run {
  lines: string[]
  /** Bytes that were written as they are. */
  bytes: Uint8Array[]
  complaints: string[]
  /** Everything that was printed. */
  printed(): string
  code: Promise<number>
  stop(): void
}

/** Runs the command line in this process, with an environment of its own. */
export function runCli(words: readonly string[], environment: Record<string, string> = {}, isScreen = false): Run {
  const lines: string[] = []
  const complaints: string[] = []
  const bytes: Uint8Array[] = []
  const stopping = new AbortController()
  const terminal: Terminal = {
    say: (line) => lines.push(line),
    write: (written) => bytes.push(written),
    isScreen,
    complain: (line) => complaints.push(line),
    environment,
    now: Date.now,
    stopping: () => stopping.signal,
  }
  return {
    lines,
    bytes,
    complaints,
    printed: () => [...lines, ...complaints].join('\n'),
    code: run(words, '0.0.0-test', terminal),
    stop: () => stopping.abort(),
  }
}

export interface Received {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
}

/** A server that keeps what it gets and answers JSON. */
export async function openServer(answer: (request: Received) => { status: number; body: unknown }) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const got = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks),
    }
    received.push(got)
    const { status, body } = answer(got)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Waits until something is so; fails after five seconds. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !isSo(); i++) await new Promise((resolve) => setTimeout(resolve, 10))
  if (!isSo()) throw new Error('it did not come to pass')
}
