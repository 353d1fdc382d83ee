import type { Socket } from 'node:net'
import type { EgressProxy } from './exchange.ts'
import { codeOf, Fault, nameOf, type Place } from './fault.ts'

/** What a proxy may say before the tunnel is open. */
const maxHeadBytes = 16 * 1024

/**
 * Asks a proxy, over a connection to it, for a tunnel to an address that was judged. It is asked for the address and not
 * for the name: a proxy that looked the name up once more could be led elsewhere. Resolves when the tunnel is open; the
 * caller bounds the time. Rejects with a {@link Fault}: the proxy's, unless it says in so many words that the receiver
 * could not be reached.
 */
export function openTunnel(socket: Socket, proxy: EgressProxy, place: Place, address: string): Promise<void> {
  const authority = `${address.includes(':') ? `[${address}]` : address}:${place.port}`
  const credentials = proxy.authorization === null ? '' : `proxy-authorization: ${proxy.authorization}\r\n`
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${credentials}\r\n`)
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0)
    const done = (fault?: Fault) => {
      socket.off('data', take).off('close', ended).off('end', ended).off('error', broken)
      socket.pause()
      if (fault) {
        socket.destroy()
        reject(fault)
      } else resolve()
    }
    const ended = () => done(proxyFault(proxy, 'closed the connection before it answered'))
    const broken = (error: unknown) =>
      done(error instanceof Fault ? error : proxyFault(proxy, `broke the connection (${codeOf(error)})`))
    const take = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk])
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) {
        if (head.length > maxHeadBytes) done(proxyFault(proxy, 'did not answer in HTTP'))
        return
      }
      const text = head.subarray(0, end).toString('latin1')
      const status = /^HTTP\/1\.[01] (\d{3})(?: |$|\r)/.exec(text)?.[1]
      if (status === undefined) return done(proxyFault(proxy, 'did not answer in HTTP'))
      if (!status.startsWith('2')) return done(refusal(proxy, place, address, Number(status), text))
      // What comes behind the head is the receiver's.
      const rest = head.subarray(end + 4)
      done()
      if (rest.length > 0) socket.unshift(rest)
    }
    socket.on('data', take).on('close', ended).on('end', ended).on('error', broken)
  })
}

/** A fault of the proxy: never charged to whoever was called. The sentence names it without its credentials. */
export function proxyFault({ hostname, port }: EgressProxy, what: string): Fault {
  return new Fault('PROXY_ERROR', `the proxy ${nameOf({ hostname, port })} ${what}`)
}

/**
 * What a refusal means. Many proxies answer 502 or 503 whether the receiver or they themselves are at fault, so without a
 * word on it the proxy is to blame. RFC 9209 (`proxy-status`) and Squid (`x-squid-error`) say which it was.
 */
function refusal(proxy: EgressProxy, place: Place, address: string, status: number, head: string): Fault {
  const where = `the proxy ${nameOf(proxy)} could not connect to ${nameOf(place)} (${address})`
  const said =
    /^proxy-status:.*\berror=([a-z_]+)/im.exec(head)?.[1] ?? /^x-squid-error: *(ERR_[A-Z_]+ ?\d*)/im.exec(head)?.[1]
  switch (said) {
    case 'connection_refused':
    case 'ERR_CONNECT_FAIL 111':
      return new Fault('CONNECT_REFUSED', `${where}: it refused the connection`)
    case 'connection_timeout':
    case 'ERR_CONNECT_FAIL 110':
      return new Fault('CONNECT_TIMEOUT', `${where} in time`)
    case 'destination_ip_unroutable':
    case 'destination_unavailable':
    case 'connection_terminated':
      return new Fault('CONNECT_FAILED', `${where} (${said})`)
  }
  const reason = said === undefined ? '' : ` (${said})`
  const what = status === 407 ? 'wants other credentials' : 'refused the tunnel'
  return proxyFault(
    proxy,
    `${what} to ${nameOf({ hostname: address, port: place.port })}: it answered ${status}${reason}`,
  )
}
