// What is used of the packages that only the bench installs (bench/rivals), so that the programs here are type-checked
// where they are not installed.

declare module 'bullmq' {
  import type { Redis } from 'ioredis'

  export interface Job<Data> {
    data: Data
    attemptsMade: number
  }
  export interface JobOptions {
    jobId?: string
    attempts?: number
    backoff?: { type: 'exponential' | 'fixed'; delay: number }
    removeOnComplete?: boolean | number
    removeOnFail?: boolean | number
  }
  export class Queue<Data> {
    constructor(name: string, options: { connection: Redis; defaultJobOptions: JobOptions })
    add(name: string, data: Data, options: JobOptions): Promise<Job<Data>>
    close(): Promise<void>
  }
  export class Worker<Data> {
    constructor(
      name: string,
      run: (job: Job<Data>) => Promise<void>,
      options: { connection: Redis; concurrency: number },
    )
    on(event: 'error', listener: (error: Error) => void): this
    close(): Promise<void>
  }
}

declare module 'ioredis' {
  export class Redis {
    constructor(url: string, options: { maxRetriesPerRequest: null })
    disconnect(): void
  }
}

declare module 'axios' {
  export interface Answer {
    status: number
    data: string
  }
  export interface AxiosInstance {
    post(url: string, body: string, more: { headers: Record<string, string> }): Promise<Answer>
  }
  const axios: { create(settings: Record<string, unknown>): AxiosInstance }
  export default axios
}

declare module 'pg-boss' {
  export interface Job<Data> {
    id: string
    data: Data
    retryCount: number
  }
  export default class PgBoss {
    constructor(options: { connectionString: string; max: number })
    on(event: 'error', listener: (error: Error) => void): this
    start(): Promise<this>
    stop(options: { graceful: boolean; timeout: number }): Promise<void>
    createQueue(name: string, options: { name: string; retryLimit: number; retryBackoff: boolean }): Promise<void>
    send(name: string, data: object, options: { id: string }): Promise<string | null>
    work<Data>(
      name: string,
      options: { batchSize: number; pollingIntervalSeconds: number; includeMetadata: true },
      run: (jobs: Job<Data>[]) => Promise<void>,
    ): Promise<string>
    notifyWorker(workerId: string): void
    fail(name: string, ids: string[]): Promise<void>
  }
}

declare module 'graphile-worker' {
  export interface Runner {
    stop(): Promise<void>
  }
  export class Logger {
    constructor(make: () => (level: string, message: string) => void)
  }
  export function run(options: {
    preset: { worker: Record<string, unknown> }
    taskList: Record<string, (payload: unknown, tools: { job: { attempts: number } }) => Promise<void>>
    noHandleSignals: boolean
  }): Promise<Runner>
  export function runMigrations(options: { connectionString: string }): Promise<void>
}
