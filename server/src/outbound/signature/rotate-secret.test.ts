import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createSeal } from '../../base/seal.ts'
import { type Endpoint, plainSettings } from '../endpoint/endpoint.ts'
import { mostFormerSecrets, rotated } from './rotate-secret.ts'
import { secretPlace, secretsOf } from './signing-secret.ts'

const seal = createSeal(Buffer.alloc(32, 7))
const place = { workspaceId: 'ws_1', id: 'ep_1' }
const created = { ...plainSettings, ...place, sealedSecret: seal.seal('first', secretPlace(place)) } as Endpoint

/** Some time passes, and then a secret is set with an overlap. */
const step = fc.record({
  passMs: fc.integer({ min: 0, max: 40 }),
  secret: fc.constantFrom('first', 'second', 'third', 'fourth'),
  overlapMs: fc.integer({ min: 0, max: 60 }),
})

it('whatever is rotated when, a secret signs from when it is set until the overlap that ends it earliest is over', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let endpoint = created
      let now = 0
      // Each secret with its end, the newest first: written down without looking at how it is stored.
      let expected: { text: string; until: number }[] = [{ text: 'first', until: Number.POSITIVE_INFINITY }]
      for (const { passMs, secret, overlapMs } of steps) {
        now += passMs
        const living = expected.filter(({ until }) => until > now)
        const former = living
          .filter(({ text }) => text !== secret)
          .map(({ text, until }) => ({ text, until: Math.min(until, now + overlapMs) }))
          .filter(({ until }) => until > now)
        if (former.length > mostFormerSecrets) {
          expect(() => rotated(endpoint, secret, { seal, now, overlapMs })).toThrow('no more can')
          continue
        }
        endpoint = { ...endpoint, ...rotated(endpoint, secret, { seal, now, overlapMs }) }
        expected = [{ text: secret, until: Number.POSITIVE_INFINITY }, ...former]
        for (const at of [now, now + 1, now + 30, now + 60, now + 1000]) {
          const signing = expected.filter(({ until }) => until > at).map(({ text }) => text)
          expect(secretsOf(endpoint, seal, at).map(({ text }) => text)).toEqual(signing)
        }
      }
    }),
    { numRuns: 100 },
  )
})

it('a secret that is set is sealed anew, so that of two rotations at once the second one is noticed', () => {
  const again = rotated(created, 'first', { seal, now: 0, overlapMs: 0 })
  expect(again.sealedSecret).not.toBe(created.sealedSecret)
  expect(seal.open(again.sealedSecret, secretPlace(place))).toBe('first')
})
