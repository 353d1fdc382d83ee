import { slotCount } from './requests.ts'

const awaitsAnswer = 1
const awaitsDelivery = 2

/** What has been sent, and what has come of it. Every event must be answered once and, where it is expected, delivered once. */
export class Book {
  answered = 0
  delivered = 0
  /** Deliveries of events that had been delivered already, or were never sent. */
  repeated = 0
  /** Answers other than 200, by status. */
  readonly refused = new Map<number, number>()
  /** Milliseconds, of the events that were sent while they were kept. */
  readonly answerMs: number[] = []
  readonly deliveryMs: number[] = []
  keepsTimes = false
  readonly #isDelivered: boolean
  readonly #awaits = new Uint8Array(slotCount)
  readonly #sentAt = new Float64Array(slotCount)
  readonly #isTimed = new Uint8Array(slotCount)
  #next = 0
  #sent = 0

  constructor({ isDelivered }: { isDelivered: boolean }) {
    this.#isDelivered = isDelivered
  }

  /** Events sent that have not arrived yet, or not been answered where none is delivered. */
  get open(): number {
    return this.#sent - (this.#isDelivered ? this.delivered : this.answered)
  }

  get isSettled(): boolean {
    return this.answered === this.#sent && (!this.#isDelivered || this.delivered >= this.#sent)
  }

  /** A slot that nothing is under way in; undefined when all are taken. */
  take(now: number): number | undefined {
    for (let tried = 0; tried < slotCount; tried++) {
      const slot = this.#next
      this.#next = (this.#next + 1) % slotCount
      if (this.#awaits[slot] !== 0) continue
      this.#awaits[slot] = this.#isDelivered ? awaitsAnswer | awaitsDelivery : awaitsAnswer
      this.#sentAt[slot] = now
      this.#isTimed[slot] = this.keepsTimes ? 1 : 0
      this.#sent++
      return slot
    }
    return undefined
  }

  noteAnswer(slot: number, status: number): void {
    this.answered++
    this.#awaits[slot] = (this.#awaits[slot] ?? 0) & ~awaitsAnswer
    if (status !== 200) this.refused.set(status, (this.refused.get(status) ?? 0) + 1)
    if (this.#isTimed[slot] === 1) this.answerMs.push(performance.now() - (this.#sentAt[slot] ?? 0))
  }

  noteDelivery(slot: number): void {
    const awaits = this.#awaits[slot] ?? 0
    if ((awaits & awaitsDelivery) === 0) {
      this.repeated++
      return
    }
    this.delivered++
    this.#awaits[slot] = awaits & ~awaitsDelivery
    if (this.#isTimed[slot] === 1) this.deliveryMs.push(performance.now() - (this.#sentAt[slot] ?? 0))
  }

  /** What is wrong with a run that has ended, in one sentence; undefined when every event is accounted for. */
  fault(): string | undefined {
    const faults = [...this.refused].map(([status, count]) => `${count} requests were answered with ${status}`)
    if (this.answered !== this.#sent) faults.push(`${this.#sent - this.answered} requests were not answered`)
    if (this.#isDelivered && this.delivered !== this.#sent) {
      faults.push(`${this.#sent - this.delivered} of ${this.#sent} events were not delivered`)
    }
    if (this.repeated > 0) faults.push(`${this.repeated} deliveries were repeats`)
    return faults.length === 0 ? undefined : faults.join('; ')
  }
}
