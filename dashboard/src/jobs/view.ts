import type { Job } from '@trunkline/sdk'
import { element } from '../parts/element.ts'
import { panel } from '../parts/panel.ts'
import { faultOf, settle } from '../read.ts'
import { opening } from '../route.ts'
import type { View, ViewNeeds } from '../view.ts'
import { jobRows } from './row.ts'

/** The work over many rows that goes on by itself. */
export function jobsView({ api, place, refresh }: ViewNeeds): View {
  const list = panel<Job>(
    'jobs',
    'Jobs',
    jobRows({
      link: ({ id }) => opening(place(), { job: id }),
      async turn({ id }, turn) {
        await api.turnJob(id, turn)
        refresh()
      },
    }),
  )
  return {
    node: element('div', { class: 'one' }, list.node),
    async read() {
      const jobs = await settle(api.jobs())
      return {
        faults: faultOf(jobs),
        show() {
          if (jobs.kind === 'read') list.show(jobs.items, empty(), jobs.hasMore ? more(jobs.items.length) : null)
          else if (jobs.fault.status !== 0) list.fail(jobs.fault.message)
        },
      }
    },
  }
}

const empty = (): HTMLElement =>
  element(
    'p',
    {},
    'Nothing is under way. What walks over many rows is a job, such as running stored requests through the parser of today: the API and the command line start one.',
  )

const more = (count: number): HTMLElement =>
  element('p', {}, `The newest ${count} are shown; the API and the command line have the rest.`)
