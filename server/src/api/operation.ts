import type { IncomingHttpHeaders } from 'node:http'
import type { Writable } from 'node:stream'
import type { ZodObject, ZodType, z } from 'zod'
import type { CredentialReads } from '../access/credential-store.ts'
import type { Scope } from '../access/scope.ts'
import type { AccountReads } from '../accounts/account-store.ts'
import type { Clock } from '../base/clock.ts'
import type { Commit } from '../base/command.ts'
import type { Log } from '../base/log.ts'
import type { Seal } from '../base/seal.ts'
import type { ByOwner } from '../egress/by-owner.ts'
import type { EgressPolicy } from '../egress/exchange.ts'
import type { RunProbe } from '../egress/probe.ts'
import type { FollowerReads } from '../events/follow/follower-store.ts'
import type { FactReader } from '../events/follow/reading.ts'
import type { Outcome, ParkedKey } from '../events/follow/rerun.ts'
import type { LogReads } from '../events/log-store.ts'
import type { QuarantineReads } from '../events/quarantine-store.ts'
import type { StoredFilter } from '../events/reparse.ts'
import type { RequestReads } from '../events/request-store.ts'
import type { EventTypeReads } from '../events/types/event-type-store.ts'
import type { TypeChecks } from '../events/types/type-checks.ts'
import type { OpenSource } from '../inbound/open-source.ts'
import type { Answer, Arrival } from '../inbound/receive.ts'
import type { ReprocessPlan } from '../inbound/reprocess-plan.ts'
import type { Incoming, SourceDefinition } from '../inbound/source.ts'
import type { SourceReads } from '../inbound/source-store.ts'
import type { JobReads } from '../jobs/job-store.ts'
import type { DeliveryReads } from '../outbound/delivery/delivery-store.ts'
import type { StatisticsReads } from '../outbound/delivery/statistics.ts'
import type { CustomerReads } from '../outbound/endpoint/customer-store.ts'
import type { EndpointReads } from '../outbound/endpoint/endpoint-store.ts'
import type { LaneReads } from '../outbound/lane/lane-store.ts'
import type { Keep } from '../retention/keep.ts'
import type { RetentionReads } from '../retention/retention-store.ts'
import type { Streams } from '../stream/subscribe.ts'
import type { Cursors } from './cursor.ts'

/** Who calls. */
export interface Actor {
  credentialId: string
  workspaceId: string
  /** The customer that the key is bound to: it sees and makes only what is that one's. Null for most keys. */
  customer: string | null
  scopes: readonly Scope[]
  /** When its key expires, in milliseconds; null for never. */
  expiresAt: number | null
}

/** What an operation works with. */
export interface Context {
  workspaceId: string
  actor: Actor
  requestId: string
  commit: Commit
  reads: {
    credentials: CredentialReads
    log: LogReads
    eventTypes: EventTypeReads
    requests: RequestReads
    followers: FollowerReads
    quarantine: QuarantineReads
    sources: SourceReads
    endpoints: EndpointReads
    deliveries: DeliveryReads
    statistics: StatisticsReads
    customers: CustomerReads
    accounts: AccountReads
    retention: RetentionReads
    jobs: JobReads
    lanes: Pick<LaneReads, 'read' | 'paused'>
  }
  /** How long what is stored is kept, and how much room there is. */
  retention: { keep: Keep; freeDiskBytes(): Promise<number | null> }
  clock: Clock
  journal: Log
  seal: Seal
  /** The secret that keys the hash of what must not be done twice. */
  dedupeSecret: Buffer
  /** What this server's Ed25519 signatures are verified with, as `whpk_…`. */
  publicKey: string
  cursors: Cursors
  streams: Pick<Streams, 'open'>
  /** Judges the key of this call anew, for what goes on after its answer has begun; rejects once it may not do this. */
  recheck(): Promise<{ scopes: readonly Scope[] }>
  egressPolicy: ByOwner<EgressPolicy>
  /** Looks whether a URL can be delivered to. */
  probe: ByOwner<RunProbe>
  definitions: ReadonlyMap<string, SourceDefinition>
  /** What is published against the schema of its type. */
  typeChecks: TypeChecks
  /** The road of a request that came in, from its proof to its rows. */
  receive(incoming: Incoming, source: OpenSource, arrival: Arrival): Promise<Answer>
  /** Reads events in another process, where nothing they do can harm the server. */
  factReader: FactReader
  /** Runs events again that a follower could not handle, in this order. */
  rerun(workspaceId: string, keys: readonly ParkedKey[], isDry: boolean): Promise<readonly Outcome[]>
  /** What reading these stored requests again would do. Changes nothing. */
  planReprocess(workspaceId: string, filter: StoredFilter): Promise<ReprocessPlan>
  /** How senders reach this server, without a slash at the end. */
  publicUrl(): string
  /** Tells the parts of this process that a source or an endpoint has changed, or that there is work. */
  stir: {
    sources(): void
    /** An endpoint was changed, or something of its queue was ended: what waits for it is looked at anew. */
    endpoint(id: string): void
    /** An endpoint has more to be sent. */
    lane(endpointId: string): void
    events(): void
    jobs(): void
  }
}

/** What came in: each part as its schema made it. */
export interface Input<Params, Query, Body> {
  params: Params
  query: Query
  body: Body
  /** The body as it was sent, for what must be kept to the letter. */
  text: string
  headers: IncomingHttpHeaders
}

/**
 * How an operation keeps a bound key to its customer. `narrowed`: it shows what `reads` and `streams` hold, which are
 * narrowed to the customer, and makes things with `customerOf`. `endpoint`, `delivery`, `job`: it also changes the thing
 * whose id is in its path, which must be the customer's.
 */
export type Bound = 'narrowed' | 'endpoint' | 'delivery' | 'job'

/**
 * One operation of the API. It says what it takes, what it answers and which scope it needs; whoever runs operations
 * does the rest in one place: authentication, scope, workspace, validation, errors, the OpenAPI document.
 */
export interface Operation {
  /** The `operationId`: a verb and a noun. */
  name: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the prefix, with `:name` for parameters. */
  path: string
  scope: Scope
  summary: string
  /** What a key that is bound to one customer may do with it; left out, nothing: it is about the whole workspace. */
  bound?: Bound
  params?: ZodObject
  query?: ZodObject
  /** The headers that it knows, in lower case, of all that are sent. */
  headers?: ZodObject
  body?: ZodType
  status: 200 | 201 | 202 | 204
  /** The answer's shape; undefined for 204, for raw bytes and for streams. */
  output?: ZodType
  /** The shape of the plan that a dry run answers, with 200. */
  plan?: ZodType
  /** What the answer is when it has no shape; bytes when left out. */
  contentType?: 'text/event-stream' | 'text/plain'
  run(context: Context, input: Input<never, never, never>): Promise<unknown>
}

type Parsed<Schema> = Schema extends ZodType ? z.output<Schema> : undefined

/** Says that a value is an operation, and checks `run` against the schemas beside it. */
export function operation<
  Params extends ZodObject | undefined = undefined,
  Query extends ZodObject | undefined = undefined,
  Body extends ZodType | undefined = undefined,
  Output extends ZodType | undefined = undefined,
  Plan extends ZodType | undefined = undefined,
>(definition: {
  name: string
  method: Operation['method']
  path: string
  scope: Scope
  summary: string
  bound?: Bound
  params?: Params
  query?: Query
  headers?: ZodObject
  body?: Body
  status?: Operation['status']
  output?: Output
  plan?: Plan
  contentType?: Operation['contentType']
  run(
    context: Context,
    input: Input<Parsed<Params>, Parsed<Query>, Parsed<Body>>,
  ): Promise<
    | (Output extends ZodType ? z.input<Output> | Replayed<z.input<Output>> : Bytes | Streaming | undefined)
    | (Plan extends ZodType ? Planned<z.input<Plan>> : never)
  >
}): Operation {
  return { status: definition.output ? 200 : 204, ...definition } as unknown as Operation
}

/** What would be done, and was not: the answer of a dry run. */
export class Planned<Plan = unknown> {
  readonly plan: Plan

  constructor(plan: Plan) {
    this.plan = plan
  }
}

/** What the same call was answered before: nothing was done this time. */
export class Replayed<Answer = unknown> {
  readonly answer: Answer

  constructor(answer: Answer) {
    this.answer = answer
  }
}

/** Raw bytes as an answer. */
export class Bytes {
  readonly bytes: Uint8Array
  readonly contentType: string

  constructor(bytes: Uint8Array, contentType: string) {
    this.bytes = bytes
    this.contentType = contentType
  }
}

/** An answer that goes on: Server-Sent Events, written as they come. */
export class Streaming {
  readonly serve: (out: Writable) => void

  constructor(serve: (out: Writable) => void) {
    this.serve = serve
  }
}

/** JSON text that is put into the answer as it is: written anew it would lose big numbers and repeated keys. */
export class RawJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}
