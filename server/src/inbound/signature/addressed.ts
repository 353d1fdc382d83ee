import type { Incoming, Verdict } from '../source.ts'
import { refused } from './verdict.ts'

/** The verdict on a request whose provider signs nothing: its address, which nobody else was told, is all the proof there is. */
export function addressed({ isAddressed }: Incoming): Verdict {
  return isAddressed
    ? { kind: 'unsigned' }
    : refused('MISSING_SIGNATURE', 'nothing is signed, and the address that it came to is known to everybody')
}
