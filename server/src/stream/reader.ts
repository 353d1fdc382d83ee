import type { Writable } from 'node:stream'

/** Who reads a stream, as the server writes to him. */
export interface Reader {
  write(text: string): void
  /** Whether he has taken less than he was sent. */
  isBehind(): boolean
  /** What was written and not taken. */
  bufferedBytes(): number
  /** Resolves with true when he has taken it, or has gone; with false when he takes nothing for too long. */
  drained(): Promise<boolean>
  /** Says the last thing. */
  end(text: string): void
  cutOff(): void
}

/** A reader who takes nothing for this long while he is behind is given up. */
const patienceMs = 30_000
/** He has this long to take the last thing that he is told. */
const farewellMs = 5000

/** `onGone` is called once, however he goes. */
export function readerOn(out: Writable, onGone: () => void): Reader {
  let isOver = false
  const gone = () => {
    isOver = true
    onGone()
  }
  out.on('error', () => {}) // he is gone; `close` follows
  if (out.destroyed) setImmediate(gone)
  else out.once('close', gone)
  return {
    write(text) {
      if (!isOver && out.writable) out.write(text)
    },
    isBehind: () => out.writableNeedDrain,
    bufferedBytes: () => out.writableLength,
    drained() {
      if (!out.writableNeedDrain || isOver) return Promise.resolve(true)
      return new Promise((resolve) => {
        const done = (isTaken: boolean) => {
          clearTimeout(timer)
          out.off('drain', taken).off('close', taken)
          resolve(isTaken)
        }
        const taken = () => done(true)
        const timer = setTimeout(() => done(false), patienceMs)
        out.on('drain', taken).on('close', taken)
      })
    },
    end(text) {
      if (isOver || !out.writable) return
      out.end(text)
      const timer = setTimeout(() => out.destroy(), farewellMs)
      out.once('close', () => clearTimeout(timer))
    },
    cutOff() {
      out.destroy()
    },
  }
}
