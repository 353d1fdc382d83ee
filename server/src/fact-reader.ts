import { accounts } from './accounts/follow-accounts.ts'
import { serveFacts } from './events/follow/fact-server.ts'
import { fanOut } from './outbound/fan-out/fan-out.ts'

/** How much more than JavaScript's own memory the process may take. */
const besideMb = 256

// A process beside the server: reads what followers want to know of events, and may be ended at any moment.
const [, , heapMb] = process.argv
if (!heapMb || !process.send) throw new Error('fact-reader.ts runs as a child process of the server')
// Every follower that reads.
serveFacts(process, [accounts, fanOut], Number(heapMb) + besideMb)
