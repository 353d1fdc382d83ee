import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../base/clock.ts'
import type { Commit } from '../base/command.ts'
import { Problem } from '../base/errors.ts'
import { newId } from '../base/id.ts'
import type { Log } from '../base/log.ts'
import type { Meter } from '../base/meter.ts'
import type { SourceDirectory } from '../inbound/open-source.ts'
import { readable } from '../inbound/readable.ts'
import { type ReceiveNeeds, receive } from '../inbound/receive.ts'
import { type Answer, Headers } from '../inbound/source.ts'
import type { ClientAddress } from './client-address.ts'
import { problemBody, problemHeaders, statusOf, toProblem } from './problem.ts'
import { type BodyBudget, readBody } from './read-body.ts'
import { within } from './within.ts'

export interface IngestNeeds extends ReceiveNeeds {
  sources: SourceDirectory
  clientAddress: ClientAddress
  /** What senders were told that our URLs begin with. */
  publicUrl(): string
  budget: BodyBudget
  clock: Clock
  /** This machine's clock. */
  wall: Clock
  journal: Log
  meter: Meter
}

/** A sender hears of a database that does not answer within a second, whatever the database does. */
const storeLimitMs = 900
/** A large body gets the time beside that it takes to the disk: a slow disk is not a database that is gone. */
const storedBytesPerMs = 10_000

/** How long a sender that was refused is listened to before its connection is closed. */
const lingerMs = 2000

/**
 * Answers `/in/{sourceKey}`. It stands before the framework: senders use any method, any content type and none, and the
 * raw bytes and headers must come through as they are.
 */
export function createIngest(needs: IngestNeeds): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const url = request.url ?? '/'
    if (!url.startsWith('/in/')) return false
    void ingest(request, response, keyIn(url), needs)
    return true
  }
}

function keyIn(url: string): string {
  const end = url.indexOf('?')
  return url.slice('/in/'.length, end < 0 ? undefined : end)
}

async function ingest(
  request: IncomingMessage,
  response: ServerResponse,
  key: string,
  needs: IngestNeeds,
): Promise<void> {
  const begin = needs.clock.elapsed()
  const receivedAt = needs.clock.now()
  const wallTime = needs.wall.now()
  const requestId = newId('request', receivedAt)
  let kind = 'none'
  try {
    const source = await within(needs.sources.find(key), storeLimitMs, 'the look-up of the source')
    if (!source) throw new Problem('SOURCE_NOT_FOUND', 'no enabled source has this URL')
    // The look-up and the append share the second; the time that the sender takes for its body is its own.
    const leftMs = storeLimitMs - (needs.clock.elapsed() - begin)
    kind = source.definition.kind
    const incoming = (body: Buffer) => ({
      method: request.method ?? 'POST',
      url: request.url ?? '/',
      address: `${needs.publicUrl()}${request.url ?? '/'}`,
      isAddressed: true,
      headers: Headers.fromFlat(request.rawHeaders),
      body,
    })
    if (request.method !== 'POST') {
      const answered = source.definition.handshake?.(incoming(Buffer.alloc(0)), {
        secrets: source.secrets,
        now: wallTime,
        config: source.config,
      })
      if (!answered)
        throw new Problem('METHOD_NOT_ALLOWED', `a ${source.definition.title} source takes POST, not ${request.method}`)
      return sendAnswer(response, answered)
    }
    const arrival = { requestId, receivedAt, wallTime, senderAddress: needs.clientAddress(request) }
    const body = await readBody(request, source.definition.limits.bodyBytes, needs.budget)
    const store = patient(needs.commit, leftMs + body.length / storedBytesPerMs)
    const receiving = receive(incoming(body), source, arrival, { ...needs, commit: store.commit })
    receiving.catch(() => {}).finally(() => store.ended().finally(() => needs.budget.giveBack(body.length)))
    needs.journal.debug('received', {
      request: requestId,
      source: source.id,
      bytes: body.length,
      headers: request.rawHeaders.filter((_, i) => i % 2 === 0),
    })
    const answer = await receiving
    if (answer.kind === 'refused') throw new Problem('SIGNATURE_REFUSED', 'the request could not be proven genuine')
    const { requestId: stored, eventIds } = answer.receipt
    const own = source.definition.answer?.(readable(incoming(body)), { eventIds })
    sendAnswer(
      response,
      own ?? { contentType: 'application/json', body: JSON.stringify({ requestId: stored, eventIds }) },
    )
  } catch (error) {
    refuse(request, response, error, requestId, needs)
  } finally {
    needs.meter.set('trunkline_accept_seconds', (needs.clock.elapsed() - begin) / 1000, { kind })
  }
}

/** A commit that is waited for only so long, and when it has really ended: until then the body is in memory. */
function patient(commit: Commit, limitMs: number): { commit: Commit; ended(): Promise<unknown> } {
  let ended: Promise<unknown> = Promise.resolve()
  return {
    commit(command, args) {
      const work = commit(command, args)
      ended = work.catch(() => {}) // who waits for it hears of it
      return within(work, limitMs, 'the append')
    },
    ended: () => ended,
  }
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  requestId: string,
  { journal, meter }: IngestNeeds,
): void {
  const problem = toProblem(error)
  if (problem.code === 'INTERNAL') journal.error('ingest.failed', { request: requestId, error: error as Error })
  else if (problem.code !== 'SIGNATURE_REFUSED') {
    meter.add('trunkline_requests_total', 1, { kind: 'none', verdict: 'refused', cause: problem.code })
    journal.warn('refused', { request: requestId, code: problem.code, detail: problem.message })
  }
  if (response.headersSent || response.destroyed) return
  const headers: Record<string, string> = {
    ...problemHeaders(problem),
    ...(problem.code === 'METHOD_NOT_ALLOWED' ? { allow: 'POST' } : {}),
  }
  const body = JSON.stringify(problemBody(problem, requestId))
  if (request.complete) send(response, statusOf[problem.code], headers, body)
  else sendEarly(request, response, statusOf[problem.code], headers, body)
}

function sendAnswer(response: ServerResponse, { status = 200, contentType, body, headers }: Answer): void {
  send(response, status, { 'content-type': contentType, ...headers }, body)
}

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: string): void {
  // A 204 has no length either: https://www.rfc-editor.org/rfc/rfc9110#section-8.6
  const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }
  response.writeHead(status, { ...headers, ...length })
  response.end(body)
}

/**
 * Answers a sender that has not finished, and listens on for a moment without keeping anything. If the connection were
 * closed on what it still sends, it would be reset, and the sender would not get to read the answer.
 */
function sendEarly(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: string,
): void {
  response.writeHead(status, { ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) })
  response.write(body)
  const timer = setTimeout(() => response.end(), lingerMs)
  const end = () => {
    clearTimeout(timer)
    response.end()
  }
  request.once('end', end).once('close', end).resume()
}
