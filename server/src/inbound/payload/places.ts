import { z } from 'zod'
import { eventType, isKey, ownValue, type ParsedEvent, type Readable, subjectOf } from '../source.ts'
import { jsonOrNone } from './json-or-none.ts'

/** Where a sender that we know nothing of says what its events are. A header is looked at first, then the path in the JSON. */
export interface Places {
  /** What the types of its events begin with. */
  eventPrefix: string
  typeHeader?: string | undefined
  typePath?: string | undefined
  idHeader?: string | undefined
  idPath?: string | undefined
  subjectPath?: string | undefined
}

/** A header's name in the settings. */
export const headerName = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/, 'letters, digits, "-" and "_", at most 100')

const jsonPath = z
  .string()
  .regex(
    /^[^.]{1,100}(\.[^.]{1,100}){0,9}$/,
    'the names of members joined by dots, such as data.object.id, at most ten',
  )

/** The settings of `Places`, all of which may be left out. */
export const placeSettings = {
  eventPrefix: z
    .string()
    .max(64)
    .regex(/^[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*$/, 'lower-case letters, digits, "-" and "_", in parts joined by dots')
    .optional(),
  typeHeader: headerName.optional(),
  typePath: jsonPath.optional(),
  idHeader: headerName.optional(),
  idPath: jsonPath.optional(),
  subjectPath: jsonPath.optional(),
}

/** What the sender says of its event, and the id that it gives it, where there is one that a column can hold. */
export function readAt(request: Readable, places: Places): Omit<ParsedEvent, 'dedupeKey'> & { id: string | undefined } {
  const json = jsonOrNone(request)
  const find = (header: string | undefined, path: string | undefined): string | undefined =>
    (header === undefined ? undefined : request.headers.get(header)) ?? textAt(json?.value, path)
  const name = find(places.typeHeader, places.typePath)
  const id = find(places.idHeader, places.idPath)
  return {
    id: isKey(id) ? id : undefined,
    type: name === undefined ? `${places.eventPrefix}.event` : eventType(places.eventPrefix, name),
    subject: subjectOf(textAt(json?.value, places.subjectPath)),
    data: json?.text ?? null,
  }
}

/** The text at a path. Whole numbers are ids too; beyond 2^53 they are not told apart, so they are none. */
function textAt(value: unknown, path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  const found = path.split('.').reduce(ownValue, value)
  return Number.isSafeInteger(found) ? String(found) : typeof found === 'string' ? found : undefined
}
