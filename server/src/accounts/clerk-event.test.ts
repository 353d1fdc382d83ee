import { describe, expect, it } from 'vitest'
import { type clerkTypes, readClerk } from './clerk-event.ts'
import { clerkEvent, t0, userObject } from './exercise-events.ts'

const received = t0 + 5000

function read(type: keyof typeof clerkTypes, value: unknown) {
  const fact = readClerk(type, value, JSON.stringify(value), received)
  if (fact.kind !== 'user') throw new Error(fact.reason)
  return fact.report
}

describe('an event about a user', () => {
  it('tells who it is', () => {
    expect(read('clerk.user.created', clerkEvent('user.created', userObject()))).toEqual({
      id: 'user_1',
      email: 'marta@orchard.example',
      name: 'Marta König',
      imageUrl: 'https://img.example/marta',
      createdAt: t0,
      updatedAt: t0,
      deletedAt: null,
      toldAt: t0,
      mark: expect.stringMatching(/^0 [0-9a-f]{32}$/),
    })
  })

  it.each([
    ['one name', { last_name: null }, { name: 'Marta' }],
    ['no name', { first_name: null, last_name: '' }, { name: null }],
    ['no address', { email_addresses: [], primary_email_address_id: null }, { email: null }],
    ['no primary address', { primary_email_address_id: null }, { email: 'old@orchard.example' }],
    ['a primary address that is not there', { primary_email_address_id: 'idn_9' }, { email: null }],
    ['addresses of no form', { email_addresses: 'x' }, { email: null }],
    ['no picture', { image_url: undefined }, { imageUrl: null }],
    ['no time of creation', { created_at: 'yesterday' }, { createdAt: null }],
  ])('may have %s', (_, more, expected) => {
    expect(read('clerk.user.updated', clerkEvent('user.updated', userObject(more)))).toMatchObject(expected)
  })

  it('that is their end leaves nothing but the id', () => {
    const gone = { email: null, name: null, imageUrl: null, createdAt: null }
    const value = clerkEvent('user.deleted', { deleted: true, ...userObject() })
    expect(read('clerk.user.deleted', value)).toMatchObject({ id: 'user_1', ...gone, deletedAt: t0, updatedAt: t0 })
    const { timestamp, ...bare } = value
    expect(read('clerk.user.deleted', bare)).toMatchObject({ deletedAt: received })
  })

  it('has a mark of its own, and a creation the lower one', () => {
    const marks = (['created', 'updated'] as const).map(
      (word) => read(`clerk.user.${word}`, clerkEvent(`user.${word}`, userObject())).mark,
    )
    expect(marks).toEqual([...marks].sort())
    const other = read('clerk.user.updated', clerkEvent('user.updated', userObject({ first_name: 'M' }))).mark
    expect(other).not.toBe(marks[1])
  })

  it.each([
    ['no user', { type: 'user.updated' }],
    ['no time of the update', clerkEvent('user.updated', userObject({ updated_at: undefined }))],
    ['a time that cannot be written', clerkEvent('user.updated', userObject({ updated_at: 1e300 }))],
    ['no id', clerkEvent('user.updated', userObject({ id: 7 }))],
  ])('cannot be read with %s', (_, value) => {
    expect(readClerk('clerk.user.updated', value, '', received)).toMatchObject({ kind: 'unreadable' })
  })
})
