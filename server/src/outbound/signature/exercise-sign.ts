import type { HeaderList } from '../../egress/exchange.ts'
import { sign as prove } from './sign.ts'

/** The headers that prove an attempt, by their names. */
export const sign = (...given: Parameters<typeof prove>): Record<string, string> => byName(prove(...given).headers)

/** A list of headers as an object. */
export function byName(list: HeaderList): Record<string, string> {
  return Object.fromEntries(list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1] ?? '']] : [])))
}
