import type { Forgery } from './forge.ts'

/** One request of a plan. */
export interface Step {
  /** Which message, counted from 0. */
  message: number
  /** The first genuine sending, one more of it, or a forgery that must be refused. */
  deed: 'genuine' | 'repeat' | Forgery
}

/** What is sent at once. */
export interface Round {
  /** The pause before it. */
  waitMs: number
  steps: readonly [Step, ...Step[]]
}

/** What a plan is made for. */
export interface Wishes {
  messages: number
  /** The forgeries that the receiver can tell. */
  forgeries: readonly Forgery[]
  /** From 0 up to 1; seeded, so that the same seed gives the same plan. */
  random(): number
}

/** How many places a message may be away from its own. */
const mostPlaces = 6
const mostRepeats = 3
const mostAtOnce = 4
const longestWaitMs = 400

/**
 * A day that no provider would like: messages out of order and late, some repeated, several at the same moment, and
 * forged ones among them. Every message is sent genuinely at least once.
 */
export function planChaos(wishes: Wishes): Round[] {
  const { messages, random } = wishes
  const placed = Array.from({ length: messages }, (_, message) =>
    deedsOf(wishes).map((deed) => ({ message, deed, place: message + random() * mostPlaces })),
  ).flat()
  placed.sort((one, other) => one.place - other.place || one.message - other.message)
  return inRounds(firstIsGenuine(placed), random)
}

/** What is done with one message. Each wish for chance is taken whatever came of the one before, so that plans stay alike. */
function deedsOf({ forgeries, random }: Wishes): Step['deed'][] {
  const repeats = random() < 0.3 ? 1 + Math.floor(random() * mostRepeats) : 0
  const forged = forgeries.filter(() => random() < 0.2)
  return ['genuine', ...Array<'repeat'>(repeats).fill('repeat'), ...forged]
}

/** The genuine sending that comes first is the one that makes the event; the others repeat it. */
function firstIsGenuine(steps: readonly Step[]): Step[] {
  const seen = new Set<number>()
  return steps.map(({ message, deed }) => {
    if (deed !== 'genuine' && deed !== 'repeat') return { message, deed }
    const isFirst = !seen.has(message)
    seen.add(message)
    return { message, deed: isFirst ? 'genuine' : 'repeat' }
  })
}

function inRounds(steps: readonly Step[], random: () => number): Round[] {
  const rounds: Round[] = []
  for (let at = 0; at < steps.length; ) {
    const atOnce = random() < 0.25 ? 2 + Math.floor(random() * (mostAtOnce - 1)) : 1
    const [first, ...others] = steps.slice(at, at + atOnce)
    if (!first) break
    rounds.push({ waitMs: random() < 0.15 ? Math.ceil(random() * longestWaitMs) : 0, steps: [first, ...others] })
    at += atOnce
  }
  return rounds
}
