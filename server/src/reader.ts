import { serveReads } from './storage/sqlite/reader.ts'

// A process beside the server: answers queries on the SQLite file, and may be ended at any moment.
const [, , file] = process.argv
if (!file || !process.send) throw new Error('reader.ts runs as a child process of the server')
serveReads(process, file)
