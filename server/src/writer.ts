import { parentPort, workerData } from 'node:worker_threads'
import { commands } from './commands.ts'
import { serveCheckpoints } from './storage/sqlite/checkpoint.ts'
import { serveWrites } from './storage/sqlite/writer.ts'

// A thread beside the server: the writer of the SQLite file, or the one that checkpoints it.
if (!parentPort) throw new Error('writer.ts runs as a thread of the server')
const { role, databaseFile } = workerData as { role: 'writer' | 'checkpoints'; databaseFile: string }
if (role === 'writer') serveWrites(parentPort, databaseFile, commands)
else serveCheckpoints(parentPort, databaseFile)
