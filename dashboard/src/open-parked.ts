import type { ParkedEventWithEvent } from '@trunkline/sdk'
import type { Opened, OpenNeeds } from './opened.ts'
import { parkedDetails } from './parked/details.ts'
import { outcomeOf } from './parked/outcome.ts'
import { canDismiss, canRerun } from './parked/words.ts'
import { actionButton } from './parts/action.ts'
import { element, fill } from './parts/element.ts'

/** Reads a parked event to be shown in full, with the buttons that try it, run it and dismiss it. */
export async function openParked(id: string, { api, link, names, refresh }: OpenNeeds): Promise<Opened> {
  const head = element('div')
  const result = element('div', { class: 'result', role: 'status' })
  const { endpointName } = names
  const run = (isDry: boolean) => async () => {
    const outcome = await api.rerun(id, isDry)
    fill(result, outcomeOf(outcome, isDry, { endpointName }))
    if (!isDry) refresh()
  }
  const rerun = element(
    'span',
    { class: 'actions' },
    actionButton({
      label: 'Try it first',
      name: 'Try it first: show what would change, and change nothing',
      run: run(true),
    }),
    actionButton({ label: 'Run again', kind: 'main', run: run(false) }),
  )
  const dismiss = element(
    'span',
    { class: 'actions' },
    actionButton({
      label: 'Dismiss',
      question: 'Leave it out for good?',
      async run() {
        await api.dismiss(id)
        refresh()
      },
    }),
  )
  let shown = ''
  const show = (parked: ParkedEventWithEvent) => {
    rerun.hidden = !canRerun(parked)
    dismiss.hidden = !canDismiss(parked)
    const text = JSON.stringify(parked)
    // Left alone while nothing changes: a refresh must not take the focus, or a selection, away.
    if (text !== shown) fill(head, parkedDetails(parked, link({ event: parked.eventId })))
    shown = text
  }
  const parked = await api.parkedEvent(id)
  show(parked)
  return {
    title: parked.eventType ?? 'Parked event',
    content: [head, element('div', { class: 'actions below' }, rerun, dismiss), result],
    async refresh() {
      show(await api.parkedEvent(id))
    },
  }
}
