import type { Endpoint } from '@trunkline/sdk'
import { shortUrl } from '../parts/words.ts'

/** What an endpoint is called: its name, or else what is said of it, or else where it is. */
export const nameOfEndpoint = ({ name, description, url }: Pick<Endpoint, 'name' | 'description' | 'url'>): string =>
  name || description || shortUrl(url)

/** Which events it asks for, in a few words. */
export const wantedWords = (types: readonly string[]): string =>
  types.includes('**') ? 'every event' : types.join(', ')

/** When a failed delivery to it is tried again, in words. */
export function retryWords(retry: Endpoint['retry']): string {
  if ('delaysSeconds' in retry) {
    return retry.delaysSeconds.length === 0 ? 'never' : `after ${retry.delaysSeconds.map(timeWords).join(', ')}`
  }
  if (retry.preset !== 'doubling') return `as ${retry.preset} says`
  if (retry.retries === 0) return 'never'
  const times = retry.retries === 1 ? 'once' : `${retry.retries} times`
  return `${times}, after ${timeWords(retry.baseSeconds)}, then twice as long each time`
}

const units = [
  ['day', 86_400],
  ['h', 3600],
  ['min', 60],
] as const

/** A time in its largest unit that comes out even: `90 s`, `2 min`, `1 h`. */
function timeWords(seconds: number): string {
  const [unit, size] = units.find(([, each]) => seconds > 0 && seconds % each === 0) ?? (['s', 1] as const)
  const count = seconds / size
  return `${count} ${unit === 'day' && count > 1 ? 'days' : unit}`
}
