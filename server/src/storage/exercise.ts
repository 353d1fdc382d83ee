import { describe } from 'vitest'
import { exerciseBytes } from './exercise/bytes.ts'
import { exerciseLog } from './exercise/log.ts'
import type { Open } from './exercise/opened.ts'

/**
 * What every engine must do, whatever it is made of: each method of each store, and the races between them. `open` gives
 * a new, empty database each time.
 */
export function exerciseStorage(name: string, open: Open): void {
  describe(name, () => {
    exerciseLog(open)
    exerciseBytes(open)
  })
}
