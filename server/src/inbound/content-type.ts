/** Headers as they are kept: names and values in the order sent. */
export type RawHeaders = readonly (readonly [name: string, value: string])[]

/** The first value of a header, as sent. */
export function firstValue(headers: RawHeaders, name: string): string | undefined {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1]
}

/** What the sender says that its body is. */
export const contentTypeOf = (headers: RawHeaders): string | undefined => firstValue(headers, 'content-type')

/** The same without parameters, in small letters: `application/json`. */
export function mediaTypeOf(headers: RawHeaders): string | undefined {
  return contentTypeOf(headers)?.split(';')[0]?.trim().toLowerCase()
}
