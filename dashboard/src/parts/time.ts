import { element } from './element.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** How far away a moment is, in words: `just now`, `12 s ago`, `in 4 min`. */
export function distance(atMs: number, nowMs: number): string {
  const ms = atMs - nowMs
  if (Math.abs(ms) < 2 * second) return ms > 0 ? 'now' : 'just now'
  const length = lengthOf(Math.abs(ms))
  return ms > 0 ? `in ${length}` : `${length} ago`
}

function lengthOf(ms: number): string {
  if (ms < minute) return `${Math.floor(ms / second)} s`
  if (ms < hour) return `${Math.floor(ms / minute)} min`
  if (ms < day) return `${Math.floor(ms / hour)} h`
  const days = Math.floor(ms / day)
  return days === 1 ? '1 day' : `${days} days`
}

/** How long something took, as precisely as it matters: `0.42 ms`, `87 ms`, `1.4 s`, `3 min`. */
export function took(ms: number): string {
  if (ms < 10) return `${Number(ms.toFixed(2))} ms`
  if (ms < second) return `${Math.round(ms)} ms`
  return ms < minute ? `${(ms / second).toFixed(1)} s` : lengthOf(ms)
}

/**
 * A moment that says how far away it is, and the moment itself when pointed at. One that something is `due` at is never
 * past: what should have begun is about to.
 */
export function time(iso: string, kind: 'past' | 'due' = 'past'): HTMLElement {
  const made = element('time', { datetime: iso, title: new Date(iso).toLocaleString(), 'data-kind': kind })
  write(made, Date.now())
  return made
}

/** Lets every moment on the page say anew how far away it is. */
export function refreshTimes(nowMs: number): void {
  for (const each of document.querySelectorAll('time')) write(each, nowMs)
}

function write(at: HTMLTimeElement, nowMs: number): void {
  const moment = Date.parse(at.dateTime)
  const text = at.dataset.kind === 'due' && moment <= nowMs ? 'now' : distance(moment, nowMs)
  if (at.textContent !== text) at.textContent = text
}
