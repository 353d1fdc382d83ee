import { parentPort, workerData } from 'node:worker_threads'
import { serveCheckpoints } from '../sqlite/checkpoint.ts'
import { serveWrites } from '../sqlite/writer.ts'
import { commands } from './commands.ts'

// The server's `writer.ts` with the commands of the suite.
if (!parentPort) throw new Error('exercise/writer.ts runs as a thread')
const { role, databaseFile } = workerData as { role: 'writer' | 'checkpoints'; databaseFile: string }
if (role === 'writer') serveWrites(parentPort, databaseFile, commands)
else serveCheckpoints(parentPort, databaseFile)
