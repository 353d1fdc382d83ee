import { textOf } from '../base/describe-error.ts'
import type { OtlpTarget } from '../base/monitor-target.ts'
import type { Destination, Origin } from './destination.ts'
import type { Report } from './report.ts'

/** Severity ERROR. https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber */
const errorSeverity = 17

/** Posts a log record as OTLP/HTTP with JSON. https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export function otlp({ url, headers }: OtlpTarget, origin: Origin): Destination {
  const resource = {
    attributes: attributesOf({
      'service.name': 'trunkline',
      'service.version': origin.release,
      'deployment.environment.name': origin.environment,
    }),
  }
  const scope = { name: 'trunkline', version: origin.release }
  return (report) => ({
    url,
    headers: { ...headers, 'content-type': 'application/json', 'user-agent': `trunkline/${origin.release}` },
    body: Buffer.from(
      JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [recordOf(report)] }] }] }),
    ),
  })
}

function recordOf({ event, at, error, facts, count }: Report) {
  // A number of this size has no place in JSON's: it is a text in OTLP.
  const nanoseconds = `${Math.round(at)}000000`
  return {
    timeUnixNano: nanoseconds,
    observedTimeUnixNano: nanoseconds,
    severityNumber: errorSeverity,
    severityText: 'ERROR',
    body: { stringValue: event },
    attributes: attributesOf({
      ...(error
        ? { 'exception.type': error.name, 'exception.message': error.message, 'exception.stacktrace': textOf(error) }
        : {}),
      ...Object.fromEntries(Object.entries(facts).map(([name, value]) => [`trunkline.${name}`, value])),
      'trunkline.count': count,
    }),
  }
}

function attributesOf(values: Readonly<Record<string, string | number | boolean>>) {
  return Object.entries(values).map(([key, value]) => ({ key, value: shownValue(value) }))
}

function shownValue(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}
