import { it } from 'vitest'
import { fullOfOthers, readOnly } from './losses.ts'
import { surviveLoss } from './store-gone.ts'

it.each([readOnly, fullOfOthers()])(
  'when PostgreSQL $name for three seconds, senders are told at once and nothing is lost',
  async (loss) => {
    await surviveLoss(loss, 3_000)
  },
)
