import { describe } from 'vitest'
import { exerciseAnyOrder } from './exercise/any-order.ts'
import { exerciseBytes } from './exercise/bytes.ts'
import { exerciseCommands } from './exercise/commands-at-once.ts'
import { exerciseDeliveries } from './exercise/deliveries.ts'
import { exerciseFanOut } from './exercise/fan-out.ts'
import { exerciseFollowers } from './exercise/followers.ts'
import { exerciseLanes } from './exercise/lanes.ts'
import { exerciseLists } from './exercise/lists.ts'
import { exerciseLog } from './exercise/log.ts'
import type { Open } from './exercise/opened.ts'
import { exerciseState } from './exercise/state.ts'
import { exerciseTenants } from './exercise/tenants.ts'

/**
 * What every engine must do, whatever it is made of: each method of each store, and the races between them. `open` gives
 * a new, empty database each time.
 */
export function exerciseStorage(name: string, open: Open): void {
  describe(name, () => {
    exerciseLog(open)
    exerciseBytes(open)
    exerciseLists(open)
    exerciseTenants(open)
    exerciseState(open)
    exerciseCommands(open)
    exerciseFollowers(open)
    exerciseFanOut(open)
    exerciseLanes(open)
    exerciseDeliveries(open)
    exerciseAnyOrder(open)
  })
}
