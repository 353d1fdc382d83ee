import type { Job, JobStatus } from '@trunkline/sdk'
import { distance } from '../parts/time.ts'

export const marks: Readonly<Record<JobStatus, string>> = {
  running: '→',
  paused: '‖',
  cancelled: '–',
  done: '✓',
  failed: '✕',
}

const number = (value: number): string => value.toLocaleString('en')

/** How far a job has come, in words: `1,200 of 100,000 looked at · 480 a second · done in 3 min`. */
export function progressWords({ status, count, isAtLeast, counts, speed, endsAt }: Job, nowMs: number): string {
  const looked = number(counts.looked ?? 0)
  const of = count === null ? '' : ` of ${isAtLeast ? 'at least ' : ''}${number(count)}`
  const isRunning = status === 'running'
  return [
    `${looked}${of} looked at`,
    isRunning && speed !== null && `${number(Math.round(speed))} a second`,
    isRunning && endsAt !== null && `done ${distance(Math.max(Date.parse(endsAt), nowMs + 1), nowMs)}`,
  ]
    .filter((part) => part !== false)
    .join(' · ')
}

/** What it has met beside having looked: `12 changed, 3 failed`. */
export function countWords({ counts }: Pick<Job, 'counts'>): string {
  return Object.entries(counts)
    .filter(([name, count]) => name !== 'looked' && count > 0)
    .map(([name, count]) => `${number(count)} ${spaced(name)}`)
    .join(', ')
}

/** A name of the API as words: `withoutBody` is `without body`. */
export const spaced = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replaceAll('-', ' ')
