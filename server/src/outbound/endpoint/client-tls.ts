import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import type { Seal } from '../../base/seal.ts'
import type { TlsIdentity } from '../../egress/exchange.ts'
import type { Endpoint } from './endpoint.ts'

/** Who we are to a receiver, and whom we trust there: PEM text. The certificate and its key come together. */
export interface TlsSetting {
  /** The certificate, and after it those that lead to its authority. */
  certificate: string | null
  /** Its private key, not encrypted. */
  key: string | null
  /** The authorities that alone are trusted for this endpoint; null for those that everybody trusts. */
  ca: string | null
}

/** What is shown of a certificate. */
export interface ShownCertificate {
  subject: string
  /** ISO 8601. */
  expiresAt: string
}

export interface ShownTls {
  certificate: ShownCertificate | null
  ca: readonly ShownCertificate[]
}

/** What is wrong with a setting: the field, and one sentence. */
export interface TlsFault {
  at: 'certificate' | 'key' | 'ca'
  message: string
}

const mostCertificates = 10

/** Reads and checks a setting at a time in milliseconds: it must parse, match, and not have expired. */
export function checkTls({ certificate, key, ca }: TlsSetting, now: number): TlsFault | ShownTls {
  if (certificate === null && key !== null)
    return { at: 'certificate', message: 'is missing: a key proves nothing without it' }
  if (certificate !== null && key === null)
    return { at: 'key', message: 'is missing: give the certificate’s private key' }
  if (certificate === null && ca === null)
    return { at: 'certificate', message: 'is missing: give it with its key, or a `ca`' }
  const own = certificate === null ? [] : readCertificates(certificate, now)
  if (typeof own === 'string') return { at: 'certificate', message: own }
  const keyFault = own[0] && key !== null ? faultOfKey(own[0], key) : undefined
  if (keyFault !== undefined) return { at: 'key', message: keyFault }
  const trusted = ca === null ? [] : readCertificates(ca, now)
  if (typeof trusted === 'string') return { at: 'ca', message: trusted }
  return { certificate: own[0] ? shown(own[0]) : null, ca: trusted.map(shown) }
}

/** The setting as it is stored: what is shown of it in the open, the rest sealed. */
export function storedTls(setting: TlsSetting, shown: ShownTls, seal: Seal, endpoint: Place): string {
  return JSON.stringify({ shown, sealed: seal.seal(JSON.stringify(setting), placeOf(endpoint)) })
}

/** What is shown of a stored setting. */
export function shownTls(stored: string): ShownTls {
  return (JSON.parse(stored) as { shown: ShownTls }).shown
}

/** Opened settings, by their endpoint and what is stored: the same one is used for every delivery. Put elsewhere, it does not open. */
const opened = new Map<string, TlsIdentity>()
const openedKept = 1000

/** What a connection to the endpoint is made with; undefined when it has no setting. */
export function openTls(endpoint: Place & Pick<Endpoint, 'sealedTls'>, seal: Seal): TlsIdentity | undefined {
  const { sealedTls } = endpoint
  if (sealedTls === null) return undefined
  const place = `${endpoint.workspaceId}|${endpoint.id}|${sealedTls}`
  const known = opened.get(place)
  if (known) return known
  const { sealed } = JSON.parse(sealedTls) as { sealed: string }
  const setting = JSON.parse(seal.open(sealed, placeOf(endpoint))) as TlsSetting
  if (opened.size >= openedKept) opened.clear()
  const identity = { id: createHash('sha256').update(sealedTls).digest('base64'), ...setting }
  opened.set(place, identity)
  return identity
}

type Place = Pick<Endpoint, 'workspaceId' | 'id'>

const placeOf = ({ workspaceId, id }: Place) => ({
  workspace: workspaceId,
  table: 'endpoints',
  row: id,
  column: 'sealed_tls',
})

/** The certificates of a PEM text, or what is wrong with it. */
function readCertificates(pem: string, now: number): X509Certificate[] | string {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) return 'is no certificate in PEM: it begins with -----BEGIN CERTIFICATE-----'
  if (blocks.length > mostCertificates)
    return `has ${blocks.length} certificates; at most ${mostCertificates} are taken`
  const found: X509Certificate[] = []
  for (const [i, block] of blocks.entries()) {
    try {
      found.push(new X509Certificate(block))
    } catch {
      return `cannot be read: certificate ${i + 1} of ${blocks.length} is damaged`
    }
  }
  const expired = found.find(({ validTo }) => Date.parse(validTo) <= now)
  if (expired) return `has expired: ${shown(expired).subject} was valid until ${shown(expired).expiresAt}; renew it`
  return found
}

function faultOfKey(certificate: X509Certificate, pem: string): string | undefined {
  if (/ENCRYPTED/.test(pem)) return 'is encrypted; give it without a passphrase, it is sealed here'
  try {
    return certificate.checkPrivateKey(createPrivateKey(pem)) ? undefined : 'does not belong to the certificate'
  } catch {
    return 'is no private key in PEM: it begins with -----BEGIN PRIVATE KEY-----'
  }
}

const shown = ({ subject, validTo }: X509Certificate): ShownCertificate => ({
  subject: (subject ?? '').replaceAll('\n', ', '),
  expiresAt: new Date(validTo).toISOString(),
})
