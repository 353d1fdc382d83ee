import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The key that seals secrets: the configured one, or, with a data folder of its own, the one in the file `secret-key`,
 * made at random (mode 0600) when there is none. Throws when both are there and differ: sealing with the wrong one of
 * the two would lose every secret.
 */
export function findSecretKey(
  folder: string,
  configured: Buffer | undefined,
): { key: Buffer; madeAt: string | undefined } {
  const file = join(folder, 'secret-key')
  if (existsSync(file)) {
    const kept = readKeyFile(file)
    if (configured && !configured.equals(kept)) {
      throw new Error(
        `TRUNKLINE_SECRET_KEY differs from the key in ${file}. Unset the variable to use the file, or move the file away if the variable is the right one.`,
      )
    }
    return { key: kept, madeAt: undefined }
  }
  if (configured) return { key: configured, madeAt: undefined }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return { key: makeKeyFile(file), madeAt: file }
}

/** Of two processes that make the file at once, one's content stays, whole. */
function makeKeyFile(file: string): Buffer {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  writeFileSync(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flush: true })
  try {
    linkSync(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(draft)
  }
  return readKeyFile(file)
}

function readKeyFile(file: string): Buffer {
  const bytes = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64')
  if (bytes.length !== 32)
    throw new Error(
      `${file} must hold 32 bytes in base64; it holds ${bytes.length}. Restore it from a backup: without it no stored secret opens.`,
    )
  return bytes
}
