import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../base/clock.ts'
import type { Commit } from '../base/command.ts'
import { readingPayload } from '../base/describe-error.ts'
import { Problem } from '../base/errors.ts'
import { newId } from '../base/id.ts'
import type { Log } from '../base/log.ts'
import type { Meter } from '../base/meter.ts'
import { askClaimants, forTheRecord, identify, sourceByToken } from '../inbound/claimants.ts'
import type { OpenClaimants, OpenSource, SourceDirectory } from '../inbound/open-source.ts'
import { readable } from '../inbound/readable.ts'
import { type Arrival, keepRefused, type ReceiveNeeds, receive } from '../inbound/receive.ts'
import { type Answer, Headers, type Incoming, type SourceDefinition } from '../inbound/source.ts'
import type { ClientAddress } from './client-address.ts'
import type { Pace } from './pace.ts'
import { problemBody, problemHeaders, statusOf, toProblem } from './problem.ts'
import { type BodyBudget, readBody } from './read-body.ts'
import { RateLimited, type SourceLimits } from './source-limits.ts'
import { within } from './within.ts'

export interface IngestNeeds extends ReceiveNeeds {
  sources: SourceDirectory
  clientAddress: ClientAddress
  /** What senders were told that our URLs begin with. */
  publicUrl(): string
  /** The variables of the environment that set up a source of a kind at its fixed path. */
  variablesOf(kind: string): readonly string[]
  budget: BodyBudget
  pace: Pace
  limits: SourceLimits
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
 * Answers `/in/{sourceKey}` and the fixed paths of the kinds. It stands before the framework: senders use any method, any
 * content type and none, and the raw bytes and headers must come through as they are.
 */
export function createIngest(needs: IngestNeeds): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const path = pathOf(request.url ?? '/')
    if (!path.startsWith('/in/') && needs.sources.definitionAt(path) === undefined) return false
    void ingest(request, response, path, needs)
    return true
  }
}

function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}

async function ingest(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  needs: IngestNeeds,
): Promise<void> {
  const begin = needs.clock.elapsed()
  const receivedAt = needs.clock.now()
  const wallTime = needs.wall.now()
  const requestId = newId('request', receivedAt)
  let kind = 'none'
  let isRecorded = false
  try {
    const incoming = incomingOf(request, needs)
    const target =
      known(path, needs) ?? (await within(find(path, incoming, needs), storeLimitMs, 'the look-up of the source'))
    // The look-up and the append share the second; the time that the sender takes for its body is its own.
    const leftMs = storeLimitMs - (needs.clock.elapsed() - begin)
    const { definition } = target
    kind = definition.kind
    if (request.method !== 'POST') {
      const answered = askClaimants(incoming(noBody, target.isAddressed), target.sources, wallTime)
      if (!answered)
        throw new Problem('METHOD_NOT_ALLOWED', `a ${definition.title} source takes POST, not ${request.method}`)
      return sendAnswer(response, answered)
    }
    if (target.isAddressed) needs.limits.admit(target.sources[0])
    const arrived = { requestId, receivedAt, wallTime, senderAddress: needs.clientAddress(request) }
    const body = await readBody(request, definition.limits.bodyBytes, needs).catch((error: unknown) => {
      isRecorded = isTooLarge(error) && keepTooLarge(request, target, incoming(), arrived, error, needs)
      throw error
    })
    const arrival = { ...arrived, readMs: needs.clock.elapsed() - begin }
    const store = patient(needs.commit, leftMs + body.length / storedBytesPerMs)
    const whole = incoming(body, target.isAddressed)
    const receiving = receiveAt(target, whole, arrival, needs, store.commit)
    const giveBack = () => void store.ended().then(() => needs.budget.giveBack(body.length))
    receiving.then(giveBack, giveBack)
    needs.journal.debug('received', () => ({
      request: requestId,
      ...(target.isAddressed ? { source: target.sources[0]?.id } : { path }),
      bytes: body.length,
      headers: request.rawHeaders.filter((_, i) => i % 2 === 0),
    }))
    const answer = await receiving
    if (answer.kind === 'refused') throw new Problem('SIGNATURE_REFUSED', 'the request could not be proven genuine')
    const { requestId: stored, eventIds } = answer.receipt
    const own = readingPayload(() => definition.answer?.(readable(whole), { eventIds }))
    sendAnswer(
      response,
      own ?? { contentType: 'application/json', body: JSON.stringify({ requestId: stored, eventIds }) },
    )
  } catch (error) {
    // What is refused at its head is so before the parser has come to its end, though all of it may be there: then the
    // connection can be kept.
    if (!request.complete) await new Promise((resolve) => setImmediate(resolve))
    refuse(request, response, error, { requestId, isRecorded }, needs)
  } finally {
    needs.meter.set('trunkline_accept_seconds', (needs.clock.elapsed() - begin) / 1000, { kind })
  }
}

const noBody = Buffer.alloc(0)

/** The request with a body, once there is one. */
function incomingOf(request: IncomingMessage, { publicUrl }: IngestNeeds) {
  const { method = 'POST', url = '/' } = request
  const address = publicUrl() + url
  const headers = Headers.fromFlat(request.rawHeaders)
  return (body: Buffer = noBody, isAddressed = false): Incoming => ({
    method,
    url,
    address,
    isAddressed,
    headers,
    body,
  })
}

/** What an address means. */
type Target = { definition: SourceDefinition } & (
  | { isAddressed: true; sources: readonly [OpenSource] }
  | { isAddressed: false; sources: readonly OpenSource[]; claimants: OpenClaimants }
)

/** The source that the address names, where that is known: it is of nearly every request. */
function known(path: string, { sources }: IngestNeeds): Target | undefined {
  if (!path.startsWith('/in/')) return undefined
  const source = sources.known(path.slice('/in/'.length))
  return source && { definition: source.definition, isAddressed: true, sources: [source] }
}

/** The source that the address names, or all of those that share it. */
async function find(path: string, head: () => Incoming, { sources, variablesOf }: IngestNeeds): Promise<Target> {
  const definition = sources.definitionAt(path)
  if (definition === undefined) {
    const source = await sources.find(path.slice('/in/'.length))
    if (!source) throw new Problem('SOURCE_NOT_FOUND', 'no enabled source has this URL')
    return { definition: source.definition, isAddressed: true, sources: [source] }
  }
  const claimants = await sources.claimants(path)
  if (!claimants) throw unclaimed(path, definition, variablesOf(definition.kind))
  const named = sourceByToken(head(), claimants)
  if (named) return { definition, isAddressed: true, sources: [named] }
  return { definition, isAddressed: false, sources: claimants.sources, claimants }
}

/** How long a sender should wait for the operator. */
const unclaimedRetrySeconds = 60

function unclaimed(path: string, { kind, title }: SourceDefinition, variables: readonly string[]): Problem {
  const call = `create a source with POST /api/v1/sources {"kind":"${kind}","fixedPath":true,…}`
  const ways = variables.length > 0 ? `set ${variables.join(' or ')} and start the server again, or ${call}` : call
  return new Problem('FIXED_PATH_UNCLAIMED', `no enabled ${title} source claims ${path}: ${ways}`, {
    retryAfterSeconds: unclaimedRetrySeconds,
  })
}

/** Receives for the source that is meant, or, where several share the address, for the one that the request proves. */
async function receiveAt(target: Target, incoming: Incoming, arrival: Arrival, needs: IngestNeeds, commit: Commit) {
  // Named one by one: to copy all that is needed here would cost each request as much as its signature.
  const { examine, clock, journal, meter, dedupeSecret, unknownRoutes, quarantine } = needs
  const receiving: ReceiveNeeds = { examine, commit, clock, journal, meter, dedupeSecret, unknownRoutes, quarantine }
  if (target.isAddressed) return receive(incoming, target.sources[0], arrival, receiving)
  const begin = clock.elapsed()
  const identified = await identify(incoming, target.claimants, arrival.wallTime, examine)
  const known = { ...arrival, identifyMs: clock.elapsed() - begin }
  const meant = identified.source === undefined ? identified.record : identified
  // Only now is it known whose it is. What nobody can have sent counts for nobody.
  if (identified.source) needs.limits.admit(identified.source)
  if (meant) return receive(incoming, meant.source, known, { ...receiving, examine: async () => meant.finding })
  journal.warn('refused', {
    request: arrival.requestId,
    kind: target.definition.kind,
    cause: 'SIGNATURE_MISMATCH',
    sender: arrival.senderAddress,
    bytes: incoming.body.length,
  })
  const { kind } = target.definition
  meter.add('trunkline_requests_total', 1, { kind, verdict: 'refused', cause: 'SIGNATURE_MISMATCH' })
  return { kind: 'refused' as const }
}

const isTooLarge = (error: unknown): error is Problem => error instanceof Problem && error.code === 'TOO_LARGE'

/**
 * Keeps the record of a request whose body is too large to be read, with the size that its sender said, or the limit.
 * Its sender does not wait for that: it is still sending. Answers false for one that is nobody's.
 */
function keepTooLarge(
  request: IncomingMessage,
  { definition, isAddressed, sources }: Target,
  incoming: Incoming,
  arrival: Arrival,
  { message }: Problem,
  needs: IngestNeeds,
): boolean {
  const source = isAddressed ? sources[0] : forTheRecord(sources.map((each) => ({ source: each })))?.source
  if (!source) return false
  const said = Number(request.headers['content-length'])
  const bytes = Number.isSafeInteger(said) && said > 0 ? said : definition.limits.bodyBytes
  void keepRefused(incoming, source, arrival, { cause: 'TOO_LARGE', detail: message }, 0, needs, bytes)
  return true
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
  { requestId, isRecorded }: { requestId: string; isRecorded: boolean },
  { journal, meter }: IngestNeeds,
): void {
  const problem = toProblem(error)
  if (problem.code === 'INTERNAL') journal.error('ingest.failed', { request: requestId, error: error as Error })
  else if (problem.code !== 'SIGNATURE_REFUSED' && !isRecorded && !(problem instanceof RateLimited)) {
    meter.add('trunkline_requests_total', 1, { kind: 'none', verdict: 'refused', cause: problem.code })
    journal.warn('refused', { request: requestId, code: problem.code, detail: problem.message })
  }
  if (response.headersSent || response.destroyed) return
  const headers: Record<string, string> = {
    ...problemHeaders(problem),
    ...(problem.code === 'METHOD_NOT_ALLOWED' ? { allow: 'POST' } : {}),
    ...(problem instanceof RateLimited ? problem.headers : {}),
  }
  const body = JSON.stringify(problemBody(problem, requestId))
  if (request.complete) send(response, statusOf[problem.code], Object.entries(headers).flat(), body)
  else sendEarly(request, response, statusOf[problem.code], headers, body)
}

function sendAnswer(response: ServerResponse, { status = 200, contentType, body, headers = {} }: Answer): void {
  send(response, status, ['content-type', contentType, ...Object.entries(headers).flat()], body)
}

/** With its headers as a list: to put an object of them together costs more than to send them. */
function send(response: ServerResponse, status: number, headers: string[], body: string): void {
  // A 204 has no length either: https://www.rfc-editor.org/rfc/rfc9110#section-8.6
  if (status !== 204) headers.push('content-length', String(Buffer.byteLength(body)))
  response.writeHead(status, headers)
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
