import { it } from 'vitest'
import { hung, killed, surviveLoss } from './store-gone.ts'

// A proof stops it in its other ways.
it('when PostgreSQL is killed for five seconds, senders are told at once and nothing is lost', () =>
  surviveLoss(killed, 5_000))

it.runIf(process.platform === 'linux')(
  'when PostgreSQL hangs for five seconds, senders are told at once and nothing is lost',
  () => surviveLoss(hung, 5_000),
)
