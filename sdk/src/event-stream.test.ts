import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createClient } from './client.ts'
import type { StreamedEvent, StreamQuery } from './event-stream.ts'

const apiKey = `osk_${'k'.repeat(48)}`
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A server that answers one call after the other as it is told, and the last way for good. */
async function server(...answers: ((response: ServerResponse) => void)[]) {
  const calls: string[] = []
  const listening = createServer((request, response) => {
    calls.push(request.url ?? '')
    answers[Math.min(calls.length, answers.length) - 1]?.(response)
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    listening.closeAllConnections()
    listening.close()
  })
  const client = createClient({ url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}`, apiKey })
  return { calls, client }
}

const message = (n: number) => `id: c${n}\nevent: event\ndata: {"id":"evt_${n}","type":"a"}\n\n`
const stream =
  (text: string, end: 'end' | 'cut' | 'stay' = 'end') =>
  (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`retry: 10\n\n${text}`, () => {
      if (end === 'end') response.end()
      if (end === 'cut') response.destroy()
    })
  }
const problem =
  (status: number, code: string, headers = {}) =>
  (response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'application/problem+json', ...headers }).end(JSON.stringify({ code }))

/** Reads so many events, and leaves. */
async function take(events: AsyncIterable<StreamedEvent>, count: number): Promise<StreamedEvent[]> {
  const taken: StreamedEvent[] = []
  for await (const event of events) if (taken.push(event) === count) break
  return taken
}

describe('events.stream', () => {
  it('gives events with their cursors', async () => {
    const { calls, client } = await server(stream(message(1) + message(2), 'stay'))
    const query: StreamQuery = { after: 'c0', types: ['a', 'b.*'], source: 'src_1', customer: 'acme & sons' }
    expect(await take(client.events.stream(query), 2)).toEqual([
      { id: 'evt_1', type: 'a', cursor: 'c1' },
      { id: 'evt_2', type: 'a', cursor: 'c2' },
    ])
    expect(calls).toEqual(['/api/v1/events/stream?after=c0&type=a&type=b.*&source=src_1&customer=acme+%26+sons'])
  })

  it('resumes after the last message, whether it was an event or only a cursor', async () => {
    const { calls, client } = await server(
      stream(message(1), 'cut'),
      stream(message(2) + ': still here\nid: c7\n\nid: c8\nevent: ev'),
      problem(503, 'OVERLOADED', { 'retry-after': '0' }),
      (response) => response.writeHead(502).end('<html>'),
      stream(message(9), 'stay'),
    )
    const states: string[] = []
    const events = await take(client.events.stream({ onState: (state) => states.push(state) }), 3)
    expect(events.map(({ id }) => id)).toEqual(['evt_1', 'evt_2', 'evt_9'])
    const from = (cursor: string) => `/api/v1/events/stream?after=${cursor}`
    expect(calls).toEqual(['/api/v1/events/stream', from('c1'), from('c7'), from('c7'), from('c7')])
    expect(states.filter((state) => state === 'live')).toHaveLength(3)
    expect(states).toContain('reconnecting')
  })

  it('reads messages however they are cut into pieces', async () => {
    const text = 'id: c1\r\nevent: event\r\ndata: {"id":"evt_1",\r\ndata: "type":"é😀"}\r\n\r\n'
    const { client } = await server((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const bytes = Buffer.from(text)
      let at = 0
      const next = () => {
        if (at < bytes.length) response.write(bytes.subarray(at, ++at), () => setImmediate(next))
      }
      next()
    })
    expect(await take(client.events.stream(), 1)).toEqual([{ id: 'evt_1', type: 'é😀', cursor: 'c1' }])
  })

  it('rejects with what another try would not mend', async () => {
    const { calls, client } = await server(stream(message(1)), problem(401, 'UNAUTHENTICATED'))
    const events = client.events.stream()
    await events.next()
    await expect(events.next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED', status: 401 })
    expect(calls).toHaveLength(2)
    const page = await server((response) => response.writeHead(200, { 'content-type': 'text/html' }).end('hello'))
    await expect(page.client.events.stream().next()).rejects.toMatchObject({ code: 'UNEXPECTED_ANSWER' })
  })

  it('ends when it is told to, while it reads and while it waits for its next try', async () => {
    const { client } = await server(stream(message(1), 'stay'))
    const reading = new AbortController()
    const events = client.events.stream({ signal: reading.signal })
    expect((await events.next()).value).toMatchObject({ id: 'evt_1' })
    setTimeout(() => reading.abort(), 20)
    expect(await events.next()).toEqual({ done: true, value: undefined })

    const busy = await server(problem(503, 'OVERLOADED', { 'retry-after': '600' }))
    const waiting = new AbortController()
    setTimeout(() => waiting.abort(), 50)
    expect(await busy.client.events.stream({ signal: waiting.signal }).next()).toEqual({ done: true, value: undefined })
  })
})
