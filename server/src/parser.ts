import { parentPort } from 'node:worker_threads'
import { serveParsing } from './inbound/parse-server.ts'
import { sourceDefinitions } from './inbound/sources/index.ts'

// A thread beside the server: proves and parses large requests, and may be ended at any moment.
if (!parentPort) throw new Error('parser.ts runs as a thread of the server')
serveParsing(parentPort, sourceDefinitions)
