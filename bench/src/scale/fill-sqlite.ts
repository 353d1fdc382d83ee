// A process of its own, because a statement of a minute stops the one it runs in: fills a SQLite file.
// Arguments: the server's `database.js`, the file, and a file with the statements as a JSON list.
import { closeSync, fsyncSync, openSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const [, , module = '', file = '', statements = ''] = process.argv
const { openDatabase } = (await import(
  pathToFileURL(module).href
)) as typeof import('../../../server/src/storage/sqlite/database.ts')
process.on('SIGTERM', () => process.exit(1))
console.log('ready')
const database = openDatabase(file)
// Without a log of what is written: if this fails, the file is thrown away.
database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000')
for (const statement of JSON.parse(readFileSync(statements, 'utf8')) as string[]) database.exec(statement)
database.exec('ANALYZE; PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL')
database.close()
// On the disk before anything is measured: the system would write a gigabyte while the server's commits wait for the disk.
const written = openSync(file, 'r+')
fsyncSync(written)
closeSync(written)
console.log('filled')
process.exit(0)
