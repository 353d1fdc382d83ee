import { maskText } from './personal.ts'

/** An error as it may be told: what it says is masked, and where it happened is whole. */
export interface DescribedError {
  name: string
  message: string
  /** Lines of the form `    at …`. */
  frames: readonly string[]
  cause: DescribedError | undefined
}

/**
 * A fault of what reads payloads: a parser, a handler. Whatever its message says may be payload, so that only its name and
 * its place are told.
 */
export class PayloadFault extends Error {
  constructor(cause: unknown) {
    super('what it said is left out, because it may be the payload')
    this.name = cause instanceof Error ? nameOf(cause) : `a thrown ${typeof cause}`
    const frames = cause instanceof Error ? framesOf(cause) : []
    this.stack = [`${this.name}: ${this.message}`, ...frames].join('\n')
  }
}

/** Runs what reads payloads, so that what it throws is told without its words. */
export function readingPayload<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    throw new PayloadFault(error)
  }
}

/** Errors whose words are our own, quotations of ids and names included. */
const ownNames = new Set(['Error', 'Problem', 'StoreUnavailable', 'ConnectionLost', 'Conflict', 'ConfigError'])
const mostCauses = 4
const mostFrames = 30

/** Whatever was thrown, described. Never throws. */
export function describeError(thrown: unknown): DescribedError {
  try {
    return described(thrown, 0)
  } catch {
    return { name: 'Error', message: 'an error that cannot be read was thrown', frames: [], cause: undefined }
  }
}

function described(thrown: unknown, depth: number): DescribedError {
  if (!(thrown instanceof Error)) {
    return {
      name: 'Error',
      message: `something that is no error was thrown (${typeof thrown})`,
      frames: [],
      cause: undefined,
    }
  }
  const name = nameOf(thrown)
  const { cause } = thrown
  return {
    name,
    message: messageOf(name, String(thrown.message)),
    frames: framesOf(thrown).slice(0, mostFrames),
    cause: cause instanceof Error && depth < mostCauses ? described(cause, depth + 1) : undefined,
  }
}

/** The name in the stack: an error from another thread keeps its stack and loses its class. */
function nameOf(error: Error): string {
  const [, name] =
    /^(?:Uncaught )?([A-Za-z][A-Za-z0-9]{0,60})(?: \[[A-Z0-9_]{1,60}\])?(?::|\n|$)/.exec(stackOf(error)) ?? []
  return error instanceof PayloadFault || name === undefined ? String(error.name).slice(0, 60) : name
}

/**
 * What a driver or the engine says quotes what it was given: `Unexpected token 'h', "hello" is not valid JSON`. From its
 * first quotation mark to its last nothing is kept.
 */
function messageOf(name: string, message: string): string {
  if (ownNames.has(name)) return maskText(message)
  const first = message.search(/["'`“]/)
  if (first < 0) return maskText(message)
  const last = Math.max(...['"', "'", '`', '”'].map((each) => message.lastIndexOf(each)))
  const rest = last > first ? message.slice(last + 1) : ''
  return maskText(`${message.slice(0, first)}…${rest}`)
}

/** The lines of the stack below the message. A message may have lines that look like them. */
function framesOf(error: Error): string[] {
  const stack = stackOf(error)
  const message = String(error.message)
  const at = message === '' ? -1 : stack.indexOf(message)
  const lines = (at >= 0 ? stack.slice(at + message.length) : stack).split('\n')
  let first = lines.length
  while (first > 0 && /^ {4}at /.test(lines[first - 1] ?? '')) first--
  return lines.slice(first)
}

const stackOf = (error: Error): string => (typeof error.stack === 'string' ? error.stack : '')

/** As text of several lines, with the causes. */
export function textOf({ name, message, frames, cause }: DescribedError): string {
  const own = [`${name}${message === '' ? '' : `: ${message}`}`, ...frames].join('\n')
  return cause ? `${own}\ncaused by ${textOf(cause)}` : own
}
