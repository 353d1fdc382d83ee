import { expect, it } from 'vitest'
import { noDeliveries } from './words.ts'

it('says that no endpoint asked for an event only once its deliveries have been made', () => {
  expect(noDeliveries(true)).toBe('It went to no endpoint: none asked for it.')
  expect(noDeliveries(false)).toBe('It is not handed on yet.')
  expect(noDeliveries(undefined)).toBe('There are none: no endpoint asked for it, or it is not handed on yet.')
})
