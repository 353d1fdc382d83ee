import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCursors } from './cursor.ts'

const cursors = createCursors(Buffer.alloc(32, 1))
const scope = { list: 'events', workspaceId: 'ws_1', filter: { type: 'a.*', from: 5 } }

describe('a cursor', () => {
  it('gives back its position in its own list', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (position) => {
        const cursor = cursors.make(scope, position)
        expect(cursor).toMatch(/^[\w-]+$/)
        expect(cursors.read(scope, cursor)).toBe(position)
      }),
    )
  })

  it.each([
    ['another list', { ...scope, list: 'deliveries' }],
    ['another workspace', { ...scope, workspaceId: 'ws_2' }],
    ['another filter', { ...scope, filter: { type: 'b.*', from: 5 } }],
    ['one filter more', { ...scope, filter: { ...scope.filter, to: 6 } }],
    ['one filter less', { ...scope, filter: { type: 'a.*' } }],
    ['a filter of another kind', { ...scope, filter: { type: 'a.*', from: '5' } }],
    ['no filter', { ...scope, filter: undefined }],
  ])('is not one of %s', (_, other) => {
    expect(() => cursors.read(other, cursors.make(scope, '7'))).toThrow('the cursor is not one of the list')
  })

  it('does not mind in which order filters are written, or those that are not given', () => {
    expect(cursors.read({ ...scope, filter: { to: undefined, from: 5, type: 'a.*' } }, cursors.make(scope, '7'))).toBe(
      '7',
    )
  })

  it('of another server is refused', () => {
    expect(() => cursors.read(scope, createCursors(Buffer.alloc(32, 2)).make(scope, '7'))).toThrow()
  })

  it('that was changed in any bit is refused', () => {
    const bytes = Buffer.from(cursors.make(scope, 'evt_1'), 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => cursors.read(scope, changed.toString('base64url'))).toThrow()
    }
  })

  it('that was made up is refused with one code, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        let code: unknown
        try {
          cursors.read(scope, text)
        } catch (error) {
          code = (error as { code: unknown }).code
        }
        return code === 'INVALID_CURSOR'
      }),
    )
  })
})
