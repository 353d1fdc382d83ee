// A process of its own: the receivers of those whom the others are to notice nothing of. One port never answers, the other
// answers as somebody far away does. A GET on the latter tells how many requests each of them has had.
// Argument: after how many milliseconds there is an answer.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const answerMs = Number(process.argv[2])
let hanging = 0
let answered = 0

const silent = createServer(() => {
  hanging++
})
const distant = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify({ hanging, answered }))
    return
  }
  request.resume()
  setTimeout(() => {
    answered++
    response.writeHead(204).end()
  }, answerMs)
})
for (const server of [silent, distant]) {
  // Nothing of this process's own is to end what hangs.
  server.requestTimeout = 0
  server.headersTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
}
const [hangingPort, answeringPort] = [silent, distant].map((server) => (server.address() as AddressInfo).port)
console.log(`ready ${hangingPort} ${answeringPort}`)
process.on('SIGTERM', () => process.exit(0))
