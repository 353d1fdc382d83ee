import { openTrunkline } from '../systems/trunkline.ts'
import type { Bench, Cell } from './bench.ts'
import { drive } from './drive.ts'

/**
 * What the events are, each with an endpoint of its own. The queue of an endpoint belongs to one process at a time, so
 * with a single endpoint one process would do all the sending.
 */
const types = [
  ...['push', 'issues', 'issue_comment', 'pull_request', 'pull_request_review', 'release', 'create', 'delete'],
  ...['fork', 'star', 'watch', 'label', 'milestone', 'status', 'deployment', 'check_run'],
]

/** As many senders for one process as for four: those who need several have many. */
const senderConnections = 256

/** One, two and four processes on one PostgreSQL, the load spread over them. */
export function processesCells(bench: Bench, say: (line: string) => void): Cell[] {
  if (!bench.databases) {
    say('Several processes need PostgreSQL, which is left out: there is nothing to measure.')
    return []
  }
  const names = [1, 2, 4].map((processes) => ({
    processes,
    name: processes === 1 ? '1 process' : `${processes} processes`,
  }))
  return names.map(({ processes, name }) => ({
    part: 'f',
    name,
    beside: processes === 1 ? [] : [names[0]?.name ?? ''],
    async run(times) {
      const system = await openTrunkline(bench, { store: 'postgres', processes, types })
      // Each process has its own code to warm up, with its part of the load, on the same two cores; and the queues are
      // dealt out among them in the first seconds.
      const warmUpMs = (1 + 5 * processes) * times.warmUpMs
      return drive(bench, system, { ...times, warmUpMs }, { connections: senderConnections })
    },
  }))
}
