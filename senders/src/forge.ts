import { requestOf, type Signing } from './request.ts'
import type { Sample, Sender } from './sender.ts'

/** How a request can be false. */
export type Forgery = 'wrong secret' | 'tampered'

/**
 * The forgeries that a receiver can tell from what this provider sends. One that signs nothing proves nothing, and one
 * that shows a token proves who it is but not what it says.
 */
export function forgeriesOf(sender: Sender, sample: Sample, signing: Signing): Forgery[] {
  const proofOf = (forged: Sample, secret: string) => {
    const { headers, query } = requestOf(sender, forged, { ...signing, secret })
    return JSON.stringify([headers, query])
  }
  const genuine = proofOf(sample, signing.secret)
  const found: Forgery[] = []
  if (proofOf(sample, wrongSecret(signing.secret)) !== genuine) found.push('wrong secret')
  if (proofOf({ ...sample, body: altered(sample.body) }, signing.secret) !== genuine) found.push('tampered')
  return found
}

/** Whether anything of what the provider sends depends on the secret. */
export function needsSecret(sender: Sender): boolean {
  const sample = sender.sample()
  const signing = { nowMs: 0, id: 'sample_1', url: 'https://hooks.example' }
  try {
    const [one, other] = ['A', 'B'].map((letter) => {
      const { headers, query } = requestOf(sender, sample, { ...signing, secret: `whsec_${letter.repeat(43)}=` })
      return JSON.stringify([headers, query])
    })
    return one !== other
  } catch {
    return true // it is particular about the form of its secrets
  }
}

/** A request that is signed with another secret, or whose body was changed after it was signed. */
export function forged(sender: Sender, sample: Sample, signing: Signing, forgery: Forgery) {
  if (forgery === 'wrong secret') return requestOf(sender, sample, { ...signing, secret: wrongSecret(signing.secret) })
  return { ...requestOf(sender, sample, signing), body: altered(sample.body) }
}

/** Another secret of the same form. */
const wrongSecret = (secret: string): string => new TextDecoder().decode(altered(new TextEncoder().encode(secret)))

/**
 * The same bytes with one letter or digit in the middle replaced by another: hex stays hex, base64 stays base64, and no
 * white space is touched, which some providers do not sign.
 */
function altered(bytes: Uint8Array): Uint8Array {
  const middle = bytes.length >> 1
  const isFit = (byte: number) => /[0-9A-Za-z]/.test(String.fromCharCode(byte))
  const after = bytes.subarray(middle).findIndex(isFit)
  const at = after < 0 ? bytes.findLastIndex(isFit) : middle + after
  if (at < 0) return Uint8Array.of(...bytes, 0x78)
  const character = String.fromCharCode(bytes[at] ?? 0)
  return bytes.with(at, (successors[character] ?? successor(character)).charCodeAt(0))
}

const successors: Readonly<Record<string, string>> = { 9: '0', f: 'a', F: 'A', z: 'g', Z: 'G' }
const successor = (character: string): string => String.fromCharCode(character.charCodeAt(0) + 1)
