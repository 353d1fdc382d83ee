import { itemTexts, memberTexts } from '../../base/json-text.ts'
import { ownValue } from '../source.ts'

/** A value inside a JSON text: what it is, and how its sender wrote it. A whole body (`JsonText`) is one too. */
export interface Slice {
  /** Never written anew: numbers beyond 2^53, repeated keys and escapes are as they came. */
  text: string
  value: unknown
}

/** The members of an object by their names, or none of anything else. Takes one pass over its text. */
export function membersOf(slice: Slice | undefined): ReadonlyMap<string, Slice> {
  if (!isObject(slice)) return new Map()
  const members = new Map<string, Slice>()
  for (const [name, text] of memberTexts(slice.text)) members.set(name, { text, value: ownValue(slice.value, name) })
  return members
}

/** The items of an array, or none of anything else. Takes one pass over its text. */
export function itemsOf(slice: Slice | undefined): readonly Slice[] {
  if (!Array.isArray(slice?.value)) return []
  const values: readonly unknown[] = slice.value
  return itemTexts(slice.text).map((text, i) => ({ text, value: values[i] }))
}

export function isObject(slice: Slice | undefined): slice is Slice {
  return typeof slice?.value === 'object' && slice.value !== null && !Array.isArray(slice.value)
}

export function isArray(slice: Slice | undefined): slice is Slice {
  return Array.isArray(slice?.value)
}

/** The text that a JSON string stands for, or undefined for anything else. */
export function stringOf(slice: Slice | undefined): string | undefined {
  return typeof slice?.value === 'string' ? slice.value : undefined
}

/** A JSON object put together out of slices; what is missing becomes `null`. The names must need no escape. */
export function splice(parts: Readonly<Record<string, Slice | undefined>>): string {
  const members = Object.entries(parts).map(([name, slice]) => `"${name}":${slice?.text ?? 'null'}`)
  return `{${members.join(',')}}`
}
