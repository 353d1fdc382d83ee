import { it } from 'vitest'
import { hung, killed, stopped, surviveLoss } from './store-gone.ts'

it.each([stopped, killed])(
  'when PostgreSQL $name for ten seconds, senders are told at once and nothing is lost',
  (loss) => surviveLoss(loss, 10_000),
)

it.runIf(process.platform === 'linux')(
  'when PostgreSQL hangs for ten seconds, senders are told at once and nothing is lost',
  () => surviveLoss(hung, 10_000),
)
