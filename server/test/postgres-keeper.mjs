// @ts-check
// Runs one PostgreSQL for a test process, and does not let it live longer: when that process is gone, however it went,
// its end of our standard input closes. Usage: postgres-keeper.mjs <folder to remove> <uid or -> <program> <arguments…>
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'

const [folder = '', uid = '-', program = '', ...args] = process.argv.slice(2)
const user = uid === '-' ? {} : { uid: Number(uid), gid: Number(uid) }
const child = spawn(program, args, { ...user, stdio: ['ignore', 'inherit', 'inherit'] })

child.on('error', (error) => {
  console.error(`${program}: ${error.message}`)
  process.exit(1)
})
child.on('exit', (code) => {
  if (isAlone) rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  process.exit(code ?? 1)
})
if (child.pid !== undefined) console.log(`pid ${child.pid}`)

let isAlone = false
process.stdin.on('error', () => {})
process.stdin.on('close', () => {
  isAlone = true
  child.kill('SIGQUIT')
  setTimeout(() => child.kill('SIGKILL'), 5_000).unref()
})
process.stdin.resume()
