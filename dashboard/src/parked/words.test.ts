import { expect, it } from 'vitest'
import { handlingCauses, parkedStates } from '../../../server/src/events/follow/parked.ts'
import { causeInWords, states, stateWords } from './words.ts'

it('has words for every state and every cause of the server', () => {
  expect([...states].sort()).toEqual(Object.keys(parkedStates).sort())
  for (const [state, words] of Object.entries(parkedStates)) expect(stateWords[state as 'parked'].words).toBe(words)
  for (const cause of Object.keys(handlingCauses))
    expect(causeInWords(cause)).not.toBe(cause.toLowerCase().replaceAll('_', ' '))
})
