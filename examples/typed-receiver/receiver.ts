// Verifies what Trunkline delivers, and knows the shape of each type of event.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type DeliveredEvent, isEvent, VerificationError, verify } from '@trunkline/sdk'

/** What is done with each event; it may be told of one more than once, with the same id. */
export async function handle(id: string, event: DeliveredEvent | undefined): Promise<string> {
  if (isEvent(event, 'whatsapp.message.received')) return `${id}: message ${event.data.message.id}`
  if (isEvent(event, 'agent.run.failed'))
    return `${id}: run ${event.data.runId} failed: ${event.data.error ?? 'no reason'}`
  return `${id}: ${event?.type ?? 'a raw body'}`
}

export function receiver(secret: string, print: (line: string) => void): Server {
  return createServer(async (request, response) => {
    try {
      const { id, event } = verify(await bytesOf(request), request.headers, secret)
      print(await handle(id, event))
      response.writeHead(204).end()
    } catch (error) {
      response.writeHead(error instanceof VerificationError ? 401 : 500).end()
    }
  })
}

/** The bytes as they came: JSON that is written anew has another signature. */
async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

if (process.argv[1] === import.meta.filename) {
  const [, , secret = ''] = process.argv
  receiver(secret, console.log).listen(4500, '127.0.0.1', () => console.log('waiting at http://127.0.0.1:4500'))
}
