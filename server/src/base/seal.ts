import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** Where a sealed value stands. It is bound into the seal, so that a value moved to another row does not open. */
export interface Place {
  workspace: string
  table: string
  row: string
  column: string
}

/** Seals secrets for the database and opens them again. */
export interface Seal {
  seal(plain: string, place: Place): string
  /** Throws when the value was made with another key, for another place, or was changed. */
  open(sealed: string, place: Place): string
}

/**
 * AES-256-GCM seals of the form `v1.keyId.nonce.ciphertext`. The key id is the first eight hex digits of the key's
 * SHA-256: it tells which key a value needs without telling the key. `previous` keys open, never seal.
 */
export function createSeal(key: Uint8Array, previous: readonly Uint8Array[] = []): Seal {
  const keys = new Map([key, ...previous].map((each) => [keyId(each), each]))
  const current = keyId(key)
  return {
    seal(plain, place) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      cipher.setAAD(aad(place))
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `v1.${current}.${nonce.toString('base64url')}.${body.toString('base64url')}`
    },
    open(sealed, place) {
      const [version, id = '', nonce = '', body = ''] = sealed.split('.')
      if (version !== 'v1')
        throw new Error(`sealed value in ${place.table}.${place.column}: version "${version}" is not v1`)
      const opener = keys.get(id)
      if (!opener) {
        throw new Error(
          `sealed value in ${place.table}.${place.column}: made with the secret key ${id}, which is not configured`,
        )
      }
      const bytes = Buffer.from(body, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', opener, Buffer.from(nonce, 'base64url'), { authTagLength: 16 })
      decipher.setAAD(aad(place))
      decipher.setAuthTag(bytes.subarray(-16))
      return decipher.update(bytes.subarray(0, -16), undefined, 'utf8') + decipher.final('utf8')
    },
  }
}

/** The public name of a secret key. */
export function keyId(key: Uint8Array): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 8)
}

function aad({ workspace, table, row, column }: Place): Buffer {
  return Buffer.from([workspace, table, row, column].join('|'), 'utf8')
}
