import { randomBytes } from 'node:crypto'
import { RawJson } from '../api/operation.ts'

// Chosen at random, so that no data can hold it.
const mark = randomBytes(16).toString('hex')
const marked = new RegExp(`"${mark}(\\d+)"`, 'g')

/** JSON text of an answer. A `RawJson` in it is put in as it is. */
export function writeJson(value: unknown): string {
  const raw: RawJson[] = []
  const text = JSON.stringify(value, (_, each: unknown) =>
    each instanceof RawJson ? `${mark}${raw.push(each) - 1}` : each,
  )
  return raw.length === 0 ? text : text.replace(marked, (_, index: string) => raw[Number(index)]?.text ?? 'null')
}
