import type { Job } from '@trunkline/sdk'
import type { JobTurn } from '../api.ts'
import { actionButton } from '../parts/action.ts'
import { element } from '../parts/element.ts'
import { spaced } from './words.ts'

/** Tells a job something; throws with the reason when it is refused. */
export type Turn = (job: Pick<Job, 'id'>, turn: JobTurn) => Promise<void>

/** The buttons for what a job can be told as it stands. None when it has ended for good. */
export function turnButtons(job: Job, turn: Turn): HTMLElement {
  const name = spaced(job.kind)
  const { status } = job
  return element(
    'span',
    { class: 'actions' },
    status === 'running' && actionButton({ label: 'Pause', name: `Pause ${name}`, run: () => turn(job, 'pause') }),
    (status === 'paused' || status === 'failed') &&
      actionButton({ label: 'Resume', name: `Resume ${name}`, run: () => turn(job, 'resume') }),
    status !== 'done' &&
      status !== 'cancelled' &&
      actionButton({
        label: 'Cancel',
        name: `Cancel ${name}`,
        question: 'Cancel it for good?',
        run: () => turn(job, 'cancel'),
      }),
  )
}
