import { it } from 'vitest'
import { hung, killed, stopped, surviveLoss } from './store-gone.ts'

it.each([stopped, killed])(
  'when PostgreSQL $name for five seconds, senders are told at once and nothing is lost',
  (loss) => surviveLoss(loss, 5_000),
)

it.runIf(process.platform === 'linux')(
  'when PostgreSQL hangs for five seconds, senders are told at once and nothing is lost',
  () => surviveLoss(hung, 5_000),
)
