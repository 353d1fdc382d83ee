import { expect, it } from 'vitest'
import { filtering, openIn, opening, type Place, readPlace, under, writePlace } from './route.ts'

it('reads what it has written', () => {
  const place: Place = { status: 'failed', endpoint: 'ep_1', source: 'src_1', delivery: 'dlv_1' }
  expect(readPlace(writePlace(place))).toEqual(place)
  expect(readPlace(writePlace({ event: 'evt_&#= 1' }))).toEqual({ event: 'evt_&#= 1' })
  expect(readPlace(writePlace({}))).toEqual({})
})

it('leaves out what it does not know', () => {
  expect(readPlace('#status=nonsense&page=2&endpoint=')).toEqual({})
  expect(readPlace('')).toEqual({})
  expect(readPlace('#view=live&verdict=odd')).toEqual({})
})

it('opens one thing over a place, and leaves the place as it is below it', () => {
  const place: Place = { view: 'requests', verdict: 'quarantined', text: 'a&b=c' }
  const over = readPlace(opening({ ...place, event: 'evt_1' }, { request: 'req_1' }))
  expect(over).toEqual({ ...place, request: 'req_1' })
  expect(openIn(over)).toEqual({ what: 'request', id: 'req_1' })
  expect(under(over)).toEqual(place)
  expect(readPlace(filtering(over, { verdict: undefined, cause: 'STALE' }))).toEqual({
    view: 'requests',
    text: 'a&b=c',
    cause: 'STALE',
  })
})
