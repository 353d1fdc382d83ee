import { describe, expect, it } from 'vitest'
import { isUsable, secretFault, standardKey, standardSecretFault } from './secret.ts'

describe('a secret', () => {
  it('is unusable when it is blank or was left out', () => {
    for (const secret of ['', ' ', '\n', 'undefined', 'null', ' NULL ', 'NaN', 'false', '[object Object]', 'secret']) {
      expect(isUsable(secret), secret).toBe(false)
      expect(secretFault(secret, 1), secret).toMatch(/empty|guess/)
    }
    expect(isUsable('It’s no secret')).toBe(true)
  })

  it('is faulty when copying cut or added something', () => {
    expect(secretFault('good enough\n', 8)).toContain('white space')
    expect(secretFault('short', 8)).toBe('the secret has 5 characters, and at least 8 are needed')
    expect(secretFault('00000000', 8)).toContain('repeated')
    expect(secretFault('good enough', 8)).toBeUndefined()
  })

  it('of Standard Webhooks is a key only in its one right form', () => {
    const written = Buffer.from('thirty-two bytes for these tests').toString('base64')
    expect(standardKey(`whsec_${written}`)?.toString()).toBe('thirty-two bytes for these tests')
    for (const wrong of [
      written,
      `WHSEC_${written}`,
      `whsec_${written} `,
      `whsec_${written.slice(0, -1)}`,
      'whsec_',
      '',
    ]) {
      expect(standardKey(wrong), wrong).toBeUndefined()
      expect(standardSecretFault(wrong), wrong).toEqual(expect.any(String))
    }
  })
})
