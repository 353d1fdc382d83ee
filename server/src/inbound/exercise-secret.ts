import { randomBytes } from 'node:crypto'
import type { Sender } from '@trunkline/senders'
import type { SourceDefinition } from './source.ts'

/** A secret that the provider could have given out, and what its source holds for it: nothing where nothing is signed. */
export function secretFor(sender: Sender, definition: SourceDefinition): { theirs: string; ours: string | undefined } {
  if (definition.isSecretless) return { theirs: '', ours: undefined }
  const hex = randomBytes(32).toString('hex')
  const base64 = randomBytes(32).toString('base64')
  const candidates = [definition.makeSecret?.(), hex, `whsec_${base64}`, `whsec_${hex}`, base64, hex.slice(0, 32)]
  for (const theirs of candidates) {
    if (theirs === undefined) continue
    const ours = sender.publicKey?.(theirs) ?? theirs
    if (definition.checkSecret(ours) === undefined) return { theirs, ours }
  }
  throw new Error(`no secret here fits a source of the kind ${definition.kind}`)
}
