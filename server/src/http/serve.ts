import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Answers a request, or says that it is not its own. */
export type Route = (request: IncomingMessage, response: ServerResponse) => boolean

/** How long a sender may take for its head, and for the whole request. Slower ones are cut off with a 408. */
const headLimitMs = 10_000
const requestLimitMs = 30_000

/** A server that stops gives its senders this long to finish; then their connections are closed. */
const farewellMs = 10_000

/**
 * An HTTP server whose requests go to the first route that takes them. Once `goesOn` says no, each connection is closed
 * after the answer that is under way.
 */
export function createHttpServer(routes: readonly Route[], goesOn: () => boolean = () => true): Server {
  const server = createServer(
    {
      // Longer than the idle time of common proxies, which would otherwise meet a socket that is just being closed.
      keepAliveTimeout: 75_000,
      headersTimeout: headLimitMs,
      requestTimeout: requestLimitMs,
      connectionsCheckingInterval: 1000,
      maxHeaderSize: 64 * 1024,
      noDelay: true,
    },
    (request, response) => {
      if (!goesOn()) response.shouldKeepAlive = false
      for (const route of routes) if (route(request, response)) return
      response
        .writeHead(404, { 'content-type': 'application/problem+json' })
        .end('{"title":"There is no such thing here","status":404,"code":"NOT_FOUND"}')
    },
  )
  return server
}

/** Listens; answers the port. */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'another program listens there' : error.message
      reject(
        new Error(`PORT ${port} on ${host} cannot be opened: ${reason}. Set PORT or HOST to something else.`, {
          cause: error,
        }),
      )
    })
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

/** Takes no new connection or request, lets those under way finish, and answers when all are gone. */
export function stopServing(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
    // A kept-alive connection that has just finished a request becomes idle after `close` has looked.
    const tidying = setInterval(() => server.closeIdleConnections(), 50)
    const farewell = setTimeout(() => server.closeAllConnections(), farewellMs)
    server.once('close', () => {
      clearInterval(tidying)
      clearTimeout(farewell)
    })
  })
}
