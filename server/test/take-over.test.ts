import { it } from 'vitest'
import { takeOver } from './take-over.ts'

it('when one of two servers dies, the other one ends what it had begun', () =>
  takeOver('take-over', 'SIGKILL', { deliveries: 1_000, least: 100, concurrency: 1 }))

it('a server that stood still for longer than its lease changes nothing when it goes on', () =>
  takeOver('stand-still', 'SIGSTOP', { deliveries: 400, least: 40, concurrency: 1 }))
