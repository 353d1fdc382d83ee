import { pino } from 'pino'
import { describeError, textOf } from './describe-error.ts'
import type { Facts, Log } from './log.ts'
import { maskText, maskValue } from './personal.ts'

/** While the log cannot be written, so many bytes of it wait in memory; what comes then is lost. */
const mostWaiting = 16 * 1024 * 1024

/** Where the lines go, and how they look. */
export interface JournalOptions {
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** `json`: one object a line, for machines; `text`: one short line, for people. */
  format: 'json' | 'text'
  /** A file descriptor; the standard output unless given. */
  file?: number
}

/**
 * The log of the running server. What is personal or secret is masked here, in one place, whoever writes. Lines are written a few at a time from memory: `flush` writes what is left, and must
 * be the last thing before the process ends.
 */
export function openJournal({ level, format, file = 1 }: JournalOptions): Log & { flush(): void } {
  const destination = pino.destination({ dest: file, sync: false, minLength: 4096, maxLength: mostWaiting })
  // A log that cannot be written, on a disk that is full, is tried again with the next lines. To write it at once, come what may,
  // would never end.
  let isFailing = false
  destination.on('error', () => {
    isFailing = true
  })
  destination.on('write', () => {
    isFailing = false
  })
  const timer = setInterval(() => destination.flush(), 200)
  timer.unref()
  const sink = format === 'json' ? destination : { write: (line: string) => void destination.write(toText(line)) }
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'msg',
      formatters: { level: (label) => ({ level: label }) },
    },
    sink,
  )
  const write = (at: 'info' | 'warn' | 'error') => (event: string, facts?: Facts) => {
    if (logger.isLevelEnabled(at)) logger[at](plain(facts), event)
  }
  return {
    debug(event, facts) {
      if (logger.isLevelEnabled('debug')) logger.debug(plain(facts?.()), event)
    },
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    flush() {
      clearInterval(timer)
      if (isFailing) return
      try {
        destination.flushSync()
      } catch {} // nothing was written yet
    },
  }
}

/**
 * Facts that are ids, codes and names of ours by their name, so that the lines which every request writes are not looked
 * through; and the address of a sender, without which nobody finds out who sends what.
 */
const plainFacts = new Set(
  'request source kind cause code sender delivery event eventId endpoint process follower credential repeatOf nextAt'.split(
    ' ',
  ),
)

/** Facts as they may be written: texts and errors masked, an error with its stack and causes. */
export function plain(facts: Facts = {}): Record<string, unknown> {
  const written: Record<string, unknown> = {}
  for (const name in facts) written[name] = plainFact(name, facts[name])
  return written
}

function plainFact(name: string, value: Facts[string]): unknown {
  if (typeof value === 'string') return plainFacts.has(name) ? value : maskFact(name, value)
  if (value instanceof Error) return textOf(describeError(value))
  return Array.isArray(value) ? value.map(maskText) : value
}

/** What an event is about may be a name or a sentence: then nothing of it is told. */
function maskFact(name: string, value: string): string {
  if (name !== 'subject') return maskText(value)
  return /\s/.test(value.trim()) ? '…' : maskValue(value)
}

function toText(line: string): string {
  const { time, level, msg, ...facts } = JSON.parse(line) as Record<string, unknown>
  const rest = Object.entries(facts).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? harmless(value) : JSON.stringify(value)}`,
  )
  return `${String(time).slice(11, 23)} ${String(level).padEnd(5)} ${String(msg)} ${rest.join(' ')}\n`
}

/** Text that may come from a sender: it begins no line of its own and moves no cursor. */
function harmless(text: string): string {
  return text
    .replaceAll('\n', '\n    ')
    .replace(/[\0-\x09\x0b-\x1f\x7f-\x9f]/g, (each) => `\\x${each.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
