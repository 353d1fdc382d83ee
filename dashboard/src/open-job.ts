import type { Job } from '@trunkline/sdk'
import { progress } from './jobs/progress.ts'
import { turnButtons } from './jobs/turns.ts'
import { marks, spaced } from './jobs/words.ts'
import type { Opened, OpenNeeds } from './opened.ts'
import { element, fill } from './parts/element.ts'
import { facts } from './parts/facts.ts'
import { time } from './parts/time.ts'
import { visible } from './parts/visible.ts'

/** Reads a job to be shown in full: how far it has come, what it has met, and what it was started with. */
export async function openJob(id: string, { api, refresh }: OpenNeeds): Promise<Opened> {
  const job = await api.job(id)
  const bar = progress(job.kind)
  const head = element('div')
  const buttons = element('div', { class: 'actions below' })
  const about = element('div')
  let turned = ''
  let shown = ''
  const turn = async (_: unknown, to: 'pause' | 'resume' | 'cancel') => {
    await api.turnJob(id, to)
    refresh()
  }
  const show = (now: Job) => {
    bar.show(now)
    const standing = JSON.stringify([now.status, now.error])
    if (standing !== turned) {
      fill(head, standingOf(now))
      fill(buttons, turnButtons(now, turn))
    }
    turned = standing
    const text = JSON.stringify({ ...now, updatedAt: null })
    if (text !== shown) fill(about, factsOf(now))
    shown = text
  }
  show(job)
  const args = JSON.stringify(job.args, null, 2)
  return {
    title: spaced(job.kind),
    content: [
      head,
      bar.node,
      buttons,
      about,
      element('h3', { class: 'sheet-title' }, 'Started with'),
      element('pre', { class: 'text', tabindex: '0' }, visible(args)),
    ],
    async refresh() {
      show(await api.job(id))
    },
  }
}

function standingOf({ status, error }: Job): HTMLElement {
  return element(
    'div',
    { class: `standing job ${status}` },
    element('span', { class: 'mark', 'aria-hidden': 'true' }, marks[status]),
    element(
      'div',
      { class: 'verdict' },
      element('p', {}, element('strong', {}, status)),
      error !== null && element('p', { class: 'failure' }, visible(error)),
    ),
  )
}

const factsOf = ({ id, counts, perSecond, createdAt, endedAt }: Job): HTMLElement =>
  facts([
    ...Object.entries(counts).map(([name, count]) => [capital(spaced(name)), count.toLocaleString('en')] as const),
    ['At most', perSecond === null ? null : `${perSecond.toLocaleString('en')} a second`],
    ['Started', time(createdAt)],
    ['Ended', endedAt && time(endedAt)],
    ['Job', element('span', { class: 'mono' }, id)],
  ])

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)
