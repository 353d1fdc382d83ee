import { randomBytes } from 'node:crypto'
import type { DescribedError } from '../base/describe-error.ts'
import type { SentryTarget } from '../base/monitor-target.ts'
import type { Destination, Origin } from './destination.ts'
import { keyOf, type Report } from './report.ts'

/** Posts an envelope with one event. https://develop.sentry.dev/sdk/foundations/transport/envelopes/ */
export function sentry({ url, key }: SentryTarget, origin: Origin): Destination {
  const client = `trunkline/${origin.release}`
  return (report) => {
    const id = randomBytes(16).toString('hex')
    const event = Buffer.from(JSON.stringify(eventOf(report, id, origin)))
    const head = { event_id: id, sent_at: new Date(report.at).toISOString() }
    const item = { type: 'event', content_type: 'application/json', length: event.length }
    return {
      url,
      headers: {
        'content-type': 'application/x-sentry-envelope',
        'user-agent': client,
        'x-sentry-auth': `Sentry sentry_version=7, sentry_client=${client}, sentry_key=${key}`,
      },
      body: Buffer.concat([
        Buffer.from(`${JSON.stringify(head)}\n${JSON.stringify(item)}\n`),
        event,
        Buffer.from('\n'),
      ]),
    }
  }
}

/** Facts by which reports are looked for; a tag may have 200 characters. */
const tagNames = ['follower', 'source', 'kind', 'type', 'cause', 'code', 'attempt'] as const

/** https://develop.sentry.dev/sdk/data-model/event-payloads/ */
function eventOf(report: Report, id: string, { release, environment }: Origin) {
  const { event, at, error, facts, count } = report
  const tags = Object.fromEntries(
    tagNames.flatMap((name) => (facts[name] === undefined ? [] : [[name, String(facts[name]).slice(0, 200)]])),
  )
  return {
    event_id: id,
    timestamp: at / 1000,
    platform: 'node',
    level: 'error',
    logger: 'trunkline',
    transaction: event,
    release: `trunkline@${release}`,
    environment,
    tags: { event, ...tags },
    extra: { ...facts, count },
    fingerprint: [keyOf(report)],
    ...(error ? { exception: { values: exceptionsOf(error) } } : { logentry: { formatted: event } }),
  }
}

/** The first cause first. */
function exceptionsOf(error: DescribedError): object[] {
  const { name, message, frames, cause } = error
  const own = {
    type: name,
    value: message,
    // The call that began it first.
    ...(frames.length > 0 ? { stacktrace: { frames: frames.map(frameOf).reverse() } } : {}),
  }
  return cause ? [...exceptionsOf(cause), own] : [own]
}

function frameOf(line: string): object {
  const text = line.slice('    at '.length, 500)
  const open = text.lastIndexOf(' (')
  const place = open < 0 ? text.replace(/^async /, '') : text.slice(open + 2, -1)
  const [, filename = place, lineno, colno] = /^(.*):(\d+):(\d+)$/.exec(place) ?? []
  return {
    filename,
    function: open < 0 ? '?' : text.slice(0, open),
    ...(lineno === undefined ? {} : { lineno: Number(lineno), colno: Number(colno) }),
    in_app: !/^node:|node_modules|^<anonymous>/.test(filename),
  }
}
