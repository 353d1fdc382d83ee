// @ts-check
// Loaded before a server (`--import`): its time of day is off by the milliseconds that stand in the file of
// TRUNKLINE_TEST_CLOCK_FILE, and jumps when they change. The clock that never jumps is left alone.
import { readFileSync } from 'node:fs'

const file = process.env.TRUNKLINE_TEST_CLOCK_FILE ?? ''
const realNow = Date.now
let shiftMs = 0
read()
setInterval(read, 20).unref()

Date.now = () => realNow() + shiftMs
globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget),
})

function read() {
  const text = readFileSync(file, 'utf8')
  // Between being emptied and being written it says nothing.
  if (text !== '') shiftMs = Number(text)
}
