import { createHash } from 'node:crypto'
import { keyOf } from '../../payload/key.ts'
import { dedupeKey, eventType, ownText, ownValue, type ParsedEvent, subjectOf } from '../../source.ts'
import { typeOfEvent } from './event-types.ts'

/** What a callback, an app message or a tool's call is about. */
export function readEvent(value: unknown, body: Uint8Array): Omit<ParsedEvent, 'data'> {
  const type = typeOf(value)
  const conversation = ownText(value, 'conversation_id') || undefined
  return {
    dedupeKey: keyOfEvent(value, type, conversation) ?? dedupeKey(undefined, body),
    type,
    subject: subjectOf(conversation),
    ...(conversation !== undefined && { orderKey: keyOf('conversation:', conversation) }),
  }
}

function typeOf(value: unknown): string {
  const name = ownText(value, 'event_type')
  if (name !== undefined) return typeOfEvent.get(name) ?? eventType('tavus', name)
  return isBareCall(value) ? 'tavus.tool_call' : 'tavus.unknown'
}

/** A tool that is delivered by API has no type: https://docs.tavus.io/sections/conversational-video-interface/pal/llm-tool-delivery */
function isBareCall(value: unknown): boolean {
  if (ownText(value, 'tool_call_id')) return true
  return ownText(value, 'name') !== undefined && ownValue(value, 'arguments') !== undefined
}

/** Undefined where the body's hash alone can tell a repeat. */
function keyOfEvent(value: unknown, type: string, conversation: string | undefined): string | undefined {
  const call = type === 'tavus.tool_call' || type === 'tavus.tool_result' ? callId(value) : undefined
  // One call may come by API, relayed by one browser and by another: it is one call all the same. Some models count their calls
  // anew in each conversation.
  if (call !== undefined) {
    const key = conversation === undefined ? call : JSON.stringify([conversation, call])
    return keyOf(`${type.slice('tavus.'.length)}:`, key)
  }
  if (conversation === undefined) return undefined
  // It starts once, and Tavus says so twice, under the old and the new name.
  if (type === 'tavus.conversation.started') return keyOf('started:', conversation)
  const moment = momentOf(value)
  if (moment === undefined) return undefined
  return keyOf('callback:', JSON.stringify([type, moment, conversation, ...whatWithin(value, moment)]))
}

function callId(value: unknown): string | undefined {
  const places = [value, ownValue(value, 'properties'), ownValue(value, 'data')]
  const named = places.map((place) => ownText(place, 'tool_call_id')).find(Boolean)
  return named ?? (ownText(ownValue(value, 'tool_call'), 'id') || undefined)
}

/**
 * What tells two events of one type and conversation apart: the number of an app message, or the time, as text or in
 * seconds. A time that cannot be one (`-1`, `1e9`, `T.1`) would make one event of many, so it is not used.
 */
function momentOf(value: unknown): string | number | undefined {
  const seq = ownValue(value, 'seq')
  if (Number.isSafeInteger(seq)) return seq as number
  const time = ownValue(value, 'timestamp')
  if (typeof time === 'string') return isTime(time) ? time : undefined
  return typeof time === 'number' && time > earliestSeconds && time < latestSeconds ? String(time) : undefined
}

const earliestSeconds = Date.UTC(2020, 0) / 1000
const latestSeconds = Date.UTC(2200, 0) / 1000

function isTime(text: string): boolean {
  return (
    /^20\d\d-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d:[0-6]\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/.test(text) ||
    /^[1-9]\d{9}(\.\d{1,9})?$/.test(text)
  )
}

/** Two things can be said, reached or done in the same moment; a number is given once. */
function whatWithin(value: unknown, moment: string | number): string[] {
  const properties = ownValue(value, 'properties')
  if (typeof moment === 'number' || properties === undefined) return []
  return [createHash('sha256').update(JSON.stringify(properties)).digest('base64url').slice(0, 22)]
}
