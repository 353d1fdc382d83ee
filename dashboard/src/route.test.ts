import { expect, it } from 'vitest'
import { type Place, readPlace, writePlace } from './route.ts'

it('reads what it has written', () => {
  const place: Place = { status: 'failed', endpoint: 'ep_1', source: 'src_1', delivery: 'dlv_1' }
  expect(readPlace(writePlace(place))).toEqual(place)
  expect(readPlace(writePlace({ event: 'evt_&#= 1' }))).toEqual({ event: 'evt_&#= 1' })
  expect(readPlace(writePlace({}))).toEqual({})
})

it('leaves out what it does not know', () => {
  expect(readPlace('#status=nonsense&page=2&endpoint=')).toEqual({})
  expect(readPlace('')).toEqual({})
})
