import { z } from 'zod'

/** An id of a provider's: short and visible, for it stands in keys. */
export const providerId = z.string().regex(/^[!-~]{1,255}$/, 'must be 1 to 255 visible characters')

/** What refers to another object: its id, or the whole object where the provider was asked to put it in. */
export const reference = z.union([providerId, z.object({ id: providerId }).transform(({ id }) => id)])

/** An optional part of what a provider tells: null where it is missing or has another form than it should. */
export function optional<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullable().catch(null)
}

const longestText = 500

/** A text for people, as every database holds it: not endless, without NUL, and whole characters only. */
export const text = z
  .string()
  .min(1)
  .transform((value) => Buffer.from(value.slice(0, longestText).replaceAll('\0', '\u{FFFD}')).toString())

/** The last millisecond of the year 9999: later times cannot be written in the usual form. */
const lastMs = 253_402_300_799_999

/** A time in milliseconds since 1970. */
export const milliseconds = z.int().min(0).max(lastMs)

/** A time in seconds since 1970, as milliseconds. */
export const seconds = z
  .int()
  .min(0)
  .max(Math.floor(lastMs / 1000))
  .transform((value) => value * 1000)

/** What is wrong, in one line without any of the values: they may be personal. */
export function faultOf({ issues }: z.ZodError): string {
  const [first] = issues
  return first ? `${first.path.join('.') || 'the data'}: ${first.message}` : 'the data has another form'
}
