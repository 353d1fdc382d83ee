import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { slotDigits, slotMarker } from '../load/requests.ts'
import { eventType, filler } from './queues.ts'

export interface TrafficPlan {
  port: number
  apiKey: string
  /** Who gets an event, in turn; those that hang are not waited for. */
  customers: readonly { name: string; isExpected: boolean }[]
  perSecond: number
}

/** Events for many customers, published by the clock, and how long each was on its way. */
export interface Traffic {
  begin(): void
  /** From here on, or no longer, events are measured. */
  keepTimes(keeps: boolean): void
  onArrival(slot: number): void
  /** Publishes one event beside the others; answers the milliseconds from its answer to its arrival. */
  publishOne(customer: string, limitMs: number): Promise<number>
  /** Publishes no more and waits for what is under way; answers the milliseconds of those that were measured. */
  end(limitMs: number): Promise<number[]>
  close(): Promise<void>
}

interface Sent {
  slot: number
  isTimed: boolean
  /** When the server had said that it has it. */
  acceptedAt: number
}

const connections = 64
const tickMs = 2

export function openTraffic({ port, apiKey, customers, perSecond }: TrafficPlan): Traffic {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1 })
  const arrivedAt = new Map<number, number>()
  const expected: Sent[] = []
  const open = new Set<Promise<void>>()
  let slots = 0
  let isTimed = false
  let timer: NodeJS.Timeout | undefined
  let fault: Error | undefined

  async function publish(customer: string): Promise<Sent> {
    const slot = slots++
    const sent = { slot, isTimed, acceptedAt: 0 }
    const { statusCode, body } = await pool.request({
      path: '/api/v1/events',
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: `{"type":"${eventType}","customer":"${customer}","data":${slotMarker}${String(slot).padStart(slotDigits, '0')}","filler":"${filler}"}}`,
    })
    sent.acceptedAt = performance.now()
    const text = await body.text()
    if (statusCode !== 202) throw new Error(`an event was answered with ${statusCode}: ${text}`)
    return sent
  }

  function publishNext(turn: number): void {
    const customer = customers[turn % customers.length]
    if (!customer) return
    const published = publish(customer.name).then(
      (sent) => {
        if (customer.isExpected) expected.push(sent)
        open.delete(published)
      },
      (error: Error) => {
        fault ??= error
      },
    )
    open.add(published)
  }

  // One that came before its answer was read was no time on its way.
  const delayOf = ({ slot, acceptedAt }: Sent) => Math.max(0, (arrivedAt.get(slot) ?? Number.NaN) - acceptedAt)

  async function allArrived(sent: readonly Sent[], limitMs: number): Promise<void> {
    const until = performance.now() + limitMs
    for (;;) {
      if (fault) throw fault
      const missing = sent.filter(({ slot }) => !arrivedAt.has(slot)).length
      if (missing === 0) return
      if (performance.now() > until)
        throw new Error(`${missing} of ${sent.length} events had not arrived after ${limitMs} ms`)
      await sleep(20)
    }
  }

  return {
    begin() {
      const beganAt = performance.now()
      let turn = 0
      timer = setInterval(() => {
        for (const due = ((performance.now() - beganAt) / 1000) * perSecond; turn < due; turn++) publishNext(turn)
      }, tickMs)
    },
    keepTimes(keeps) {
      isTimed = keeps
    },
    onArrival(slot) {
      if (!arrivedAt.has(slot)) arrivedAt.set(slot, performance.now())
    },
    async publishOne(customer, limitMs) {
      const sent = await publish(customer)
      await allArrived([sent], limitMs)
      return delayOf(sent)
    },
    async end(limitMs) {
      clearInterval(timer)
      await Promise.all(open)
      await allArrived(expected, limitMs)
      return expected.filter((sent) => sent.isTimed).map(delayOf)
    },
    async close() {
      clearInterval(timer)
      await pool.destroy()
    },
  }
}
