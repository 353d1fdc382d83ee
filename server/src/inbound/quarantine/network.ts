import { bytesOf } from '../../egress/address.ts'

/**
 * The network of a sender, which is what quarantine is shared out by: the /24 of an IPv4 address, the /48 of an IPv6 one,
 * and an IPv4 address that is written as IPv6 is IPv4. Whoever has one address mostly has its neighbours. A text that is no
 * address (a sample's) is a network of its own.
 * @example networkOf('203.0.113.9') // '203.0.113.0/24'
 */
export function networkOf(address: string): string {
  const bytes = bytesOf(address)
  if (!bytes) return address.slice(0, 45) || 'unknown'
  const four = bytes.length === 4 ? bytes : mappedIn(bytes)
  if (four) return `${four.slice(0, 3).join('.')}.0/24`
  const words = [0, 2, 4].map((at) => (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16))
  return `${words.join(':')}::/48`
}

/** The IPv4 address inside of `::ffff:0:0/96`. */
function mappedIn(bytes: Uint8Array): Uint8Array | undefined {
  const isMapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  return isMapped ? bytes.subarray(12) : undefined
}
