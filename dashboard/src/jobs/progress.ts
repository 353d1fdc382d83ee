import type { Job } from '@trunkline/sdk'
import { element } from '../parts/element.ts'
import { countWords, progressWords, spaced } from './words.ts'

/** A bar that shows how far a job has come, with the words and numbers to it. */
export interface Progress {
  node: HTMLElement
  show(job: Job): void
}

export function progress(kind: string): Progress {
  const bar = element('progress', { max: '1', 'aria-label': `How far ${spaced(kind)} has come` })
  const words = element('div', { class: 'second' })
  const counts = element('div', { class: 'second' })
  return {
    node: element('div', { class: 'progress' }, bar, words, counts),
    show(job) {
      // Without a value the bar moves without end, which is right only for what is running.
      if (job.share !== null) bar.value = job.share
      else if (job.status === 'running') bar.removeAttribute('value')
      else bar.value = 0
      say(words, progressWords(job, Date.now()))
      say(counts, countWords(job))
    },
  }
}

function say(into: HTMLElement, text: string): void {
  if (into.textContent !== text) into.textContent = text
}
