import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { endpointId } from './settings.ts'

/** A call that was proven. */
export interface Incoming {
  key: string
  type: string
  headers: string
  body: string
  receivedAt: number
}

/** What the queue carries: all that an attempt needs, so that the worker reads nothing. */
export interface Work {
  deliveryId: string
  eventId: string
  type: string
  receivedAt: number
  body: string
}

export interface Result {
  deliveryId: string
  number: number
  startedAt: number
  durationMs: number
  status: number
  responseBody: string
}

/** The tables as one would make them. No foreign keys: they would cost two look-ups an event. */
const tables = `
  CREATE TABLE events (
    id uuid PRIMARY KEY, source text NOT NULL, key text NOT NULL, type text NOT NULL, headers text NOT NULL,
    body text NOT NULL, received_at bigint NOT NULL, UNIQUE (source, key));
  CREATE TABLE deliveries (
    id uuid PRIMARY KEY, event_id uuid NOT NULL, endpoint_id text NOT NULL, status text NOT NULL DEFAULT 'pending',
    attempts integer NOT NULL DEFAULT 0, created_at bigint NOT NULL, ended_at bigint);
  CREATE INDEX deliveries_of_event ON deliveries (event_id);
  CREATE INDEX deliveries_pending ON deliveries (created_at) WHERE status = 'pending';
  CREATE TABLE attempts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, delivery_id uuid NOT NULL, number integer NOT NULL,
    started_at bigint NOT NULL, duration_ms integer NOT NULL, status integer NOT NULL, response_body text NOT NULL);
  CREATE INDEX attempts_of_delivery ON attempts (delivery_id)`

/** Connections for the tables, besides those that a queue has of its own. */
const connections = 16

/** The tables of a rival: each step is one prepared statement, and commits by itself. */
export class Store {
  readonly #pool: pg.Pool
  readonly #accept: { name: string; text: string }

  /** `enqueue` is what is asked of each new delivery, where the queue is in the same database. */
  constructor(databaseUrl: string, enqueue = 'SELECT id FROM delivery') {
    this.#pool = new pg.Pool({ connectionString: databaseUrl, max: connections })
    this.#accept = {
      name: 'accept',
      text: `WITH event AS (
          INSERT INTO events (id, source, key, type, headers, body, received_at) VALUES ($1, 'github', $2, $3, $4, $5, $6)
          ON CONFLICT (source, key) DO NOTHING RETURNING id, received_at),
        delivery AS (
          INSERT INTO deliveries (id, event_id, endpoint_id, created_at) SELECT $7, id, $8, received_at FROM event
          RETURNING id)
        ${enqueue}`,
    }
  }

  async createTables(): Promise<void> {
    await this.#pool.query(tables)
  }

  /** Stores an event with its delivery; undefined when it is a repeat of one that is known. */
  async accept({ key, type, headers, body, receivedAt }: Incoming, more: unknown[] = []): Promise<Work | undefined> {
    const work = { deliveryId: randomUUID(), eventId: randomUUID(), type, receivedAt, body }
    const values = [work.eventId, key, type, headers, body, receivedAt, work.deliveryId, endpointId, ...more]
    const { rowCount } = await this.#pool.query({ ...this.#accept, values })
    return rowCount === 0 ? undefined : work
  }

  /** What is still to be done for a repeat: the process may have died between the insert and the queue. */
  async unfinished(key: string): Promise<Work | undefined> {
    const { rows } = await this.#pool.query<Work>(
      `SELECT deliveries.id AS "deliveryId", events.id AS "eventId", type, received_at AS "receivedAt", body
       FROM events JOIN deliveries ON event_id = events.id WHERE source = 'github' AND key = $1 AND status = 'pending'`,
      [key],
    )
    return rows[0]
  }

  /** Records an attempt and what it made of its delivery. */
  async record({ deliveryId, number, startedAt, durationMs, status, responseBody }: Result): Promise<void> {
    const isDelivered = status >= 200 && status < 300
    await this.#pool.query({
      name: 'record',
      text: `WITH attempt AS (
          INSERT INTO attempts (delivery_id, number, started_at, duration_ms, status, response_body)
          VALUES ($1, $2, $3, $4, $5, $6))
        UPDATE deliveries SET attempts = $2, status = $7, ended_at = $8 WHERE id = $1`,
      values: [
        deliveryId,
        number,
        startedAt,
        Math.round(durationMs),
        status,
        responseBody,
        isDelivered ? 'delivered' : 'pending',
        isDelivered ? startedAt + Math.round(durationMs) : null,
      ],
    })
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }
}
