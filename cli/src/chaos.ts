import { setTimeout as sleep } from 'node:timers/promises'
import { forged, forgeriesOf, planChaos, type Round, requestOf, type Step, seededRandom } from '@trunkline/senders'
import { exitCodes, type Terminal } from './command.ts'
import { type Outcome, post } from './post.ts'
import { eventsIn, type Message, messageAt, type Script } from './script.ts'

export interface ChaosWishes {
  messages: number
  seed: number
  /** Rounds a second at most; the plan's own pauses alone when left out. */
  rate: number | undefined
}

/** How it went. */
export interface ChaosEnd {
  code: number
  /** How many different events were accepted: what the log should have gained. */
  distinct: number
}

/** Sends a script as chaos would, and says what should have come of it. */
export async function playChaos(script: Script, wishes: ChaosWishes, terminal: Terminal): Promise<ChaosEnd> {
  const { sender, url } = script
  const messages = Array.from({ length: wishes.messages }, (_, place) => messageAt(script, place, terminal.now()))
  const forgeries = forgeriesFor(script, messages, terminal)
  const rounds = planChaos({ messages: wishes.messages, forgeries, random: seededRandom(wishes.seed) })
  terminal.say(`Seed ${wishes.seed}: with --seed ${wishes.seed} the same again, in the same order.`)
  if (forgeries.length === 0) terminal.say(`${sender.title} proves nothing with a secret, so nothing is forged.`)
  else if (!forgeries.includes('tampered'))
    terminal.say(`${sender.title} does not sign its bodies, so none is tampered with.`)
  const stopping = terminal.stopping()
  const results: { step: Step; outcome: Outcome }[] = []

  async function play(step: Step): Promise<void> {
    const { id, sample } = messages[step.message] ?? messageAt(script, step.message, terminal.now())
    const signing = { secret: script.secret, nowMs: terminal.now(), id, url: url.href }
    const { deed } = step
    const request =
      deed === 'wrong secret' || deed === 'tampered'
        ? forged(sender, sample, signing, deed)
        : requestOf(sender, sample, signing)
    const outcome = await post(url, request, `${deed.padEnd(12)}  ${sample.event} ${id}`, terminal, stopping)
    results.push({ step, outcome })
  }

  for (const round of rounds) {
    await pause(round, wishes.rate, stopping)
    if (stopping.aborted) break
    await Promise.all(round.steps.map(play))
    if (results.some(({ outcome }) => outcome === 'unreachable')) break
  }
  const accepted = results.filter(({ step, outcome }) => isGenuine(step) && outcome === 'accepted')
  const places = new Set(accepted.map(({ step }) => step.message))
  const distinct = eventsIn(
    script,
    messages.filter((_, place) => places.has(place)),
  )
  return summary(results, rounds, distinct, terminal)
}

/** Of several kinds of event, only what can be told from each of them. */
function forgeriesFor({ sender, secret, url }: Script, messages: readonly Message[], terminal: Terminal) {
  const events = new Map(messages.map((message) => [message.sample.event, message]))
  const possible = [...events.values()].map(({ id, sample }) =>
    forgeriesOf(sender, sample, { secret, nowMs: terminal.now(), id, url: url.href }),
  )
  return (['wrong secret', 'tampered'] as const).filter((each) => possible.every((list) => list.includes(each)))
}

const isGenuine = ({ deed }: Step): boolean => deed === 'genuine' || deed === 'repeat'

async function pause({ waitMs }: Round, rate: number | undefined, stopping: AbortSignal): Promise<void> {
  const ms = Math.max(waitMs, rate === undefined ? 0 : 1000 / rate)
  // Being told to stop ends the pause; whoever waits for it looks at the signal.
  if (ms > 0) await sleep(ms, undefined, { signal: stopping }).catch(() => {})
}

function summary(
  results: readonly { step: Step; outcome: Outcome }[],
  rounds: readonly Round[],
  distinct: number,
  terminal: Terminal,
): ChaosEnd {
  const planned = rounds.reduce((sum, { steps }) => sum + steps.length, 0)
  const count = (deed: Step['deed']) => results.filter(({ step }) => step.deed === deed).length
  const genuine = results.filter(({ step }) => isGenuine(step))
  const forgedOnes = results.filter(({ step }) => !isGenuine(step))
  const accepted = genuine.filter(({ outcome }) => outcome === 'accepted')
  const refused = forgedOnes.filter(({ outcome }) => outcome === 'refused')
  terminal.say('')
  terminal.say(
    `sent      ${results.length}: ${count('genuine')} genuine, ${count('repeat')} repeated, ` +
      `${count('wrong secret')} with a wrong secret, ${count('tampered')} tampered`,
  )
  terminal.say(`accepted  ${accepted.length} of the ${genuine.length} genuine and repeated`)
  terminal.say(`refused   ${refused.length} of the ${forgedOnes.length} forged`)
  terminal.say(`The log should have gained ${distinct} different events, each from one request.`)
  const letIn = forgedOnes.filter(({ outcome }) => outcome === 'accepted').length
  if (letIn > 0) terminal.complain(`${letIn} forged requests were accepted: this source does not verify.`)
  if (genuine.some(({ outcome }) => outcome === 'refused')) terminal.complain('Is --secret the secret of this source?')
  const isGood =
    results.length === planned && accepted.length === genuine.length && refused.length === forgedOnes.length
  return { code: isGood ? exitCodes.done : exitCodes.refused, distinct }
}
