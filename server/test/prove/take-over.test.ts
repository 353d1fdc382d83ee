import { it } from 'vitest'
import { takeOver } from '../take-over.ts'

const size = { deliveries: 10_000, least: 2_000, concurrency: 4 }

it(
  'when one of two servers dies half way through 10,000 deliveries, the other one ends them',
  () => takeOver('take-over', 'SIGKILL', size),
  300_000,
)

it(
  'a server that stood still half way through 10,000 deliveries changes nothing when it goes on',
  () => takeOver('stand-still', 'SIGSTOP', size),
  300_000,
)
