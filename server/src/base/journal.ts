import { pino } from 'pino'
import type { Facts, Log } from './log.ts'

/** Where the lines go, and how they look. */
export interface JournalOptions {
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** `json`: one object a line, for machines; `text`: one short line, for people. */
  format: 'json' | 'text'
  /** A file descriptor; the standard output unless given. */
  file?: number
}

/**
 * The log of the running server. Lines are written a few at a time from memory: `flush` writes what is left, and must
 * be the last thing before the process ends.
 */
export function openJournal({ level, format, file = 1 }: JournalOptions): Log & { flush(): void } {
  const destination = pino.destination({ dest: file, sync: false, minLength: 4096 })
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
  const write = (at: 'debug' | 'info' | 'warn' | 'error') => (event: string, facts?: Facts) => {
    if (logger.isLevelEnabled(at)) logger[at](plain(facts), event)
  }
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    flush() {
      clearInterval(timer)
      try {
        destination.flushSync()
      } catch {} // nothing was written yet
    },
  }
}

/** Errors as text with their stack and causes; everything else as it is. */
function plain(facts: Facts = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, value instanceof Error ? describe(value) : value]),
  )
}

function describe(error: Error): string {
  const own = error.stack ?? `${error.name}: ${error.message}`
  return error.cause instanceof Error ? `${own}\ncaused by ${describe(error.cause)}` : own
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
