import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

/** Finds who sent a request. */
export type ClientAddress = (request: IncomingMessage) => string

/**
 * The address of the sender: the connection's, or, when that is a trusted proxy, the last address in `X-Forwarded-For`
 * that is none. What stands before it may have been written by the sender.
 */
export function clientAddress(trusted: readonly string[]): ClientAddress {
  const proxies = new BlockList()
  for (const cidr of trusted) {
    const [address = '', prefix] = cidr.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    proxies.addSubnet(address, prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family)
  }
  const isTrusted = (address: string) => proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return (request) => {
    let address = plain(request.socket.remoteAddress ?? '')
    if (trusted.length === 0 || !isTrusted(address)) return address
    const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',')
    for (const each of forwarded.reverse()) {
      const candidate = plain(withoutPort(each.trim()))
      if (isIP(candidate) === 0) return address
      address = candidate
      if (!isTrusted(address)) return address
    }
    return address
  }
}

/** `::ffff:1.2.3.4` is how a socket for both families writes 1.2.3.4; `fe80::1%eth0` names a card of this machine. */
const plain = (address: string): string =>
  address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address.replace(/%.*/, '')

/** Some proxies write the port too: `203.0.113.9:51312`, `[2001:db8::1]:443`. */
const withoutPort = (address: string): string =>
  /^\[([^\]]*)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address
