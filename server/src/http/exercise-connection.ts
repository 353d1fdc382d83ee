import { connect } from 'node:net'

/**
 * Sends a head and a body of megabytes as many clients do: they look at no answer before they have sent everything, and
 * when that fails they look at none at all. Answers what was there to read.
 */
export function pour(port: number, head: string, megabytes: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1').pause()
    let said = ''
    let left = megabytes
    const next = () => {
      while (left > 0) {
        left--
        if (!socket.write(Buffer.alloc(1024 * 1024))) return
      }
      socket.end(() => socket.resume())
    }
    socket.on('data', (chunk) => {
      said += chunk
    })
    socket.on('drain', next)
    socket.on('error', () => {}) // `close` follows
    socket.on('close', () => resolve(said))
    socket.write(head)
    next()
  })
}
