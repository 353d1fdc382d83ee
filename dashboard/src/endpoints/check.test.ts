import type { EndpointCheck } from '@trunkline/sdk'
import { expect, it } from 'vitest'
import { daysWords, wayWords } from './check.ts'

type Step = EndpointCheck['steps'][number]

const step = (name: Step['step'], status: Step['status'], ms: number | null): Step => ({
  ...{ step: name, status, ms },
  ...{ cause: null, explanation: null, advice: null, detail: null },
})

it('says how long each part of the way took, and where it ended', () => {
  const way = [step('url', 'ok', null), step('dns', 'skipped', null), step('connect', 'ok', 1.234)]
  expect(wayWords([...way, step('tls', 'skipped', null), step('answer', 'ok', 87.4)])).toBe(
    'connection 1.23 ms · answer 87 ms',
  )
  expect(wayWords([...way, step('tls', 'failed', null), step('answer', 'skipped', null)])).toBe(
    'connection 1.23 ms · TLS failed',
  )
})

it('says how long a certificate lives', () => {
  expect([-3, -1, 0, 1, 40].map(daysWords)).toEqual(['expired', 'expired', '0 days left', '1 day left', '40 days left'])
})
