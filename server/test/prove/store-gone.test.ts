import { it } from 'vitest'
import { hung, stopped, surviveLoss } from '../store-gone.ts'

it.each([stopped, hung])(
  'when PostgreSQL $name for a minute, senders are told at once and nothing is lost',
  (loss) => surviveLoss(loss, 60_000),
  180_000,
)
