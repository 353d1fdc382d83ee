import { describe, expect, it } from 'vitest'
import { createSeal } from '../base/seal.ts'
import { formerAfter, keptSecrets, openSecrets, previewOf, rotateSecrets, sealSecrets, secretsPlace } from './secrets.ts'
import type { Source } from './source-store.ts'

const seal = createSeal(Buffer.alloc(32, 7))
const place = { workspaceId: 'ws_1', id: 'src_1' }
const sourceOf = (sealedSecrets: string) => ({ ...place, sealedSecrets }) as Source
const hourMs = 3_600_000

describe('sealed secrets', () => {
  it('of the first version open', () => {
    const source = sourceOf(seal.seal('["current","former"]', secretsPlace(place)))
    expect(openSecrets(source, seal, 0)).toEqual(['current', 'former'])
    expect(keptSecrets(source, seal)).toEqual([
      { secret: 'current', until: null },
      { secret: 'former', until: null },
    ])
  })

  it('are written as in the first version for as long as none of them ends', () => {
    const sealed = sealSecrets([{ secret: 'a', until: null }], place, seal)
    expect(seal.open(sealed, secretsPlace(place))).toBe('["a"]')
  })

  it('end when their time has come', () => {
    const sealed = sealSecrets(
      [
        { secret: 'a', until: null },
        { secret: 'b', until: 10 },
      ],
      place,
      seal,
    )
    expect([9, 10].map((now) => openSecrets(sourceOf(sealed), seal, now))).toEqual([['a', 'b'], ['a']])
  })
})

describe('rotating', () => {
  const now = 1000
  const rotate = (kept: Parameters<typeof rotateSecrets>[0], secret: string, overlapMs = hourMs) =>
    rotateSecrets(kept, secret, { now, overlapMs })

  it('lets the former ones verify until the overlap ends, and none longer than it had', () => {
    const kept = [
      { secret: 'current', until: null },
      { secret: 'soon', until: now + 5 },
      { secret: 'late', until: now + 2 * hourMs },
    ]
    expect(rotate(kept, 'new')).toEqual([
      { secret: 'new', until: null },
      { secret: 'current', until: now + hourMs },
      { secret: 'soon', until: now + 5 },
      { secret: 'late', until: now + hourMs },
    ])
  })

  it('without an overlap leaves the new one alone', () => {
    expect(rotate([{ secret: 'current', until: null }], 'new', 0)).toEqual([{ secret: 'new', until: null }])
  })

  it('back to a former one has it once', () => {
    const kept = [
      { secret: 'b', until: null },
      { secret: 'a', until: now + 5 },
    ]
    expect(rotate(kept, 'a').map(({ secret }) => secret)).toEqual(['a', 'b'])
  })
})

it('a preview tells nothing of a short secret, and four characters of a long one', () => {
  expect([previewOf('a short secret!'), previewOf(`${'x'.repeat(28)}3f9a`)]).toEqual(['…', '…3f9a'])
})

describe('former secrets', () => {
  const lasting = (secret: string) => ({ secret, until: null })

  it('are those that ended or will, the latest first, three at most', () => {
    expect(formerAfter([], [lasting('a')], [lasting('b')], 10)).toEqual([{ secret: 'a', endedAt: 10 }])
    expect(formerAfter([], [lasting('a')], [lasting('b'), { secret: 'a', until: 90 }], 10)).toEqual([
      { secret: 'a', endedAt: 90 },
    ])
    const many = ['a', 'b', 'c'].map((secret, i) => ({ secret, endedAt: i }))
    expect(formerAfter(many, [lasting('d')], [lasting('e')], 10).map(({ secret }) => secret)).toEqual(['d', 'c', 'b'])
  })

  it('are no longer so once they verify again without an end', () => {
    expect(formerAfter([{ secret: 'a', endedAt: 1 }], [lasting('b')], [lasting('a'), lasting('b')], 10)).toEqual([])
  })

  it('ended when they were cut short', () => {
    const overlapping = [lasting('b'), { secret: 'a', until: 90 }]
    const former = [{ secret: 'a', endedAt: 90 }]
    expect(formerAfter(former, overlapping, [lasting('c')], 20)).toEqual([
      { secret: 'b', endedAt: 20 },
      { secret: 'a', endedAt: 20 },
    ])
  })
})
