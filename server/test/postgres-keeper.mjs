// @ts-check
// Runs one PostgreSQL for a test process, and does not let it live longer: when that process is gone, however it went,
// its end of our standard input closes, and the server is ended and its files are removed. A word on that input, sent
// when the server has ended, says that the files are still wanted.
// Usage: postgres-keeper.mjs <folder of the files> <uid or -> <program> <arguments…>
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'

const [folder = '', uid = '-', program = '', ...args] = process.argv.slice(2)
const user = uid === '-' ? {} : { uid: Number(uid), gid: Number(uid) }
const child = spawn(program, args, { ...user, stdio: ['ignore', 'inherit', 'inherit'] })
let hasEnded = false
let isAlone = false

child.on('error', (error) => {
  console.error(`${program}: ${error.message}`)
  end()
})
child.on('exit', end)
if (child.pid !== undefined) console.log(`pid ${child.pid}`)

process.stdout.on('error', () => {})
process.stdin.on('error', () => {})
process.stdin.on('data', () => process.exit(0))
process.stdin.on('close', () => {
  isAlone = true
  if (hasEnded) return removeFiles()
  child.kill('SIGQUIT')
  setTimeout(() => child.kill('SIGKILL'), 5_000).unref()
})

function end() {
  hasEnded = true
  if (isAlone) removeFiles()
  else console.log('ended')
}

function removeFiles() {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  process.exit(0)
}
