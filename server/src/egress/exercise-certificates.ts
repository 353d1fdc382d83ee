import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** A certificate of the tests and its key, as PEM. */
export interface Certificate {
  cert: string
  key: string
  name: string
}

/** What a certificate says. */
export interface CertificateTerms {
  /** The common name; for a certificate of a server also its one DNS name. */
  name: string
  isAuthority?: boolean
  /** Signs itself when nobody else does. */
  issuer?: Certificate
  /** Days from now; from yesterday to tomorrow unless given. */
  from?: number
  to?: number
}

const dayMs = 86_400_000

/** Makes a certificate on the spot (X.509 v3, P-256): none is kept in the repository, and no tool is needed. */
export function makeCertificate({
  name,
  isAuthority = false,
  issuer,
  from = -1,
  to = 1,
}: CertificateTerms): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer: KeyObject = issuer ? createPrivateKey(issuer.key) : privateKey
  const extensions = isAuthority
    ? extension('551d13', sequence(der(0x01, Buffer.from([0xff])))) // basicConstraints: a CA
    : extension('551d11', sequence(der(0x82, Buffer.from(name)))) // subjectAltName: one DNS name
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1, ...crypto.getRandomValues(new Uint8Array(8))])),
    ecdsaWithSha256,
    commonName(issuer?.name ?? name),
    sequence(time(from), time(to)),
    commonName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extensions)),
  )
  const signature = sign('sha256', body, signer)
  const whole = sequence(body, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature))
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? []
  return {
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    name,
  }
}

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const size = content.length
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, ...parts)
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}

function commonName(name: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))))
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der(0x04, value))
}

function time(days: number): Buffer {
  const text = new Date(Date.now() + days * dayMs).toISOString().replace(/[-:T]|\.\d+/g, '')
  return der(0x18, Buffer.from(text))
}
