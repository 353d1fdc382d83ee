import { describe, expect, it } from 'vitest'
import { requestOf } from '../exercise-source-trial.ts'
import type { Verdict } from '../source.ts'
import { addressed, shown, type Way } from './shown.ts'
import { refused, verified } from './verdict.ts'

const right: Way = () => verified
const wrong: Way = () => refused('SIGNATURE_MISMATCH', 'header b fits no secret')
const odd: Way = () => refused('MALFORMED_SIGNATURE', 'header c is odd')
const none: Way = () => refused('MISSING_SIGNATURE', 'header a is missing')

describe('a sender that may prove itself in several ways', () => {
  it('is verified by one of them', () => {
    expect(judge([right, none])).toEqual(verified)
    expect(judge([none, right], 'required')).toEqual(verified)
    expect(judge([right, right], 'any', false)).toEqual(verified)
  })

  it('is refused for a wrong proof, whatever else it shows, and wherever it came', () => {
    for (const ways of [[right, wrong], [wrong, right], [none, wrong], [wrong]] as [Way, ...Way[]][]) {
      for (const setting of ['any', 'required'] as const) {
        expect(judge(ways, setting)).toMatchObject({ kind: 'refused', cause: 'SIGNATURE_MISMATCH' })
      }
    }
    expect(judge([right, odd])).toMatchObject({ kind: 'refused', cause: 'MALFORMED_SIGNATURE' })
  })

  it('is taken by its address when it shows nothing', () => {
    expect(judge([none, none])).toEqual({ kind: 'unsigned' })
  })

  it('is refused when it shows nothing, and a proof is required or anybody knows the address', () => {
    const detail = 'header a is missing, and header a is missing'
    expect(judge([none, none], 'required')).toEqual(refused('MISSING_SIGNATURE', detail))
    expect(judge([none, none], 'any', false)).toEqual(
      refused('MISSING_SIGNATURE', `${detail}, and the address that it came to is known to everybody`),
    )
  })
})

it('an address is a proof unless everybody knows it', () => {
  expect(addressed({ isAddressed: true }, 'nothing is signed')).toEqual({ kind: 'unsigned' })
  expect(addressed({ isAddressed: false }, 'nothing is signed')).toMatchObject({ cause: 'MISSING_SIGNATURE' })
})

function judge(ways: [Way, ...Way[]], proof: 'any' | 'required' = 'any', isAddressed = true): Verdict {
  return shown(...ways)(requestOf(Buffer.from('{}'), {}, { isAddressed }), {
    secrets: ['one'],
    now: 0,
    config: { proof },
  })
}
