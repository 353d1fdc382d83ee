import { fileURLToPath } from 'node:url'
import { bareEnvironment } from './config.ts'
import type { FactReaderEntry } from './events/follow/fact-process.ts'
import type { ParserEntry } from './inbound/parse-thread.ts'
import type { ReaderEntry } from './storage/sqlite/reader-client.ts'
import type { ThreadEntry } from './storage/sqlite/writer-client.ts'

/**
 * How the other threads and the reader process are started: from the built files, or, while the server runs from its
 * sources, through a file that teaches them TypeScript.
 */
const isBuilt = !import.meta.url.endsWith('.ts')
const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

export const writerThread: ThreadEntry = isBuilt
  ? { file: fileOf('./writer.js') }
  : { file: fileOf('./boot.mjs'), data: { entry: fileOf('./writer.ts') } }

export const readerProcess: ReaderEntry = isBuilt
  ? { file: fileOf('./reader.js'), args: [], execArgv: [] }
  : { file: fileOf('./boot.mjs'), args: [fileOf('./reader.ts')], execArgv: [] }

export const parserThread: ParserEntry = isBuilt
  ? { file: fileOf('./parser.js') }
  : { file: fileOf('./boot.mjs'), data: { entry: fileOf('./parser.ts') } }

export const factReaderProcess: FactReaderEntry = isBuilt
  ? { file: fileOf('./fact-reader.js'), args: [], execArgv: [], env: bareEnvironment() }
  : { file: fileOf('./boot.mjs'), args: [fileOf('./fact-reader.ts')], execArgv: [], env: bareEnvironment() }
