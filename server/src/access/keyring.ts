import { randomBytes } from 'node:crypto'
import { command } from '../base/command.ts'
import type { Seal } from '../base/seal.ts'
import type { KeyringStore } from './keyring-store.ts'
import { type SigningPair, signingPair } from './signing-pair.ts'

/** Secrets of this server that nobody configures: made once at random, and kept sealed. */
export interface Keyring {
  /** Keys the hash that finds repeated events. */
  dedupe: Buffer
  /** Keys the signature of list cursors. */
  cursor: Buffer
  /** Signs deliveries for those who verify with a public key. */
  signing: SigningPair
}

const names = ['dedupe', 'cursor', 'signing'] as const
const check = 'trunkline'

/** Keeps each value unless there is one of its name; answers those that are kept. Of two processes the first one's stay. */
export const keepKeys = command<{ keyring: KeyringStore }, Readonly<Record<string, string>>, Record<string, string>>(
  'keep-keys',
  async (tx, candidates) => {
    const kept: Record<string, string> = {}
    for (const [name, sealed] of Object.entries(candidates)) kept[name] = await tx.keyring.keep(name, sealed)
    return kept
  },
)

/** New sealed values for `keepKeys`: one check value and each key. */
export function newKeys(seal: Seal): Record<string, string> {
  const sealed: Record<string, string> = { check: seal.seal(check, place('check')) }
  for (const name of names) sealed[name] = seal.seal(randomBytes(32).toString('base64'), place(name))
  return sealed
}

/** Opens what `keepKeys` answered. Throws when the database was written with another secret key. */
export function openKeys(seal: Seal, sealed: Readonly<Record<string, string>>): Keyring {
  try {
    if (seal.open(sealed.check ?? '', place('check')) !== check) throw new Error('the check value is another')
    const [dedupe, cursor, seed] = names.map((name) => open(seal, sealed, name)) as [Buffer, Buffer, Buffer]
    return { dedupe, cursor, signing: signingPair(seed) }
  } catch (cause) {
    throw new Error(
      'TRUNKLINE_SECRET_KEY is not the key that this database was written with. Every process on a database needs the same one: set that key, or, if it was changed on purpose, set the former one as TRUNKLINE_SECRET_KEY_PREVIOUS.',
      { cause },
    )
  }
}

function open(seal: Seal, sealed: Readonly<Record<string, string>>, name: string): Buffer {
  return Buffer.from(seal.open(sealed[name] ?? '', place(name)), 'base64')
}

const place = (row: string) => ({ workspace: '', table: 'keyring', row, column: 'sealed' })
