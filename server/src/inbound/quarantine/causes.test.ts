import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Cause, causes, explain, verdicts, verdictsOf } from './causes.ts'

const page = readFileSync(new URL('../../../../docs/quarantine.md', import.meta.url), 'utf8')

describe('every cause', () => {
  it.each(Object.entries(causes))(
    '%s says what it means and what to do, in one sentence each',
    (cause, explanation) => {
      for (const text of Object.values(explanation)) expect(text).toMatch(/^[A-Z][^.]*(\.\w[^.]*)*\.$/)
      expect(page).toContain(`| \`${cause}\` | ${explanation.meaning} | ${explanation.nextStep} |`)
      expect(verdictsOf[cause as Cause].length).toBeGreaterThan(0)
    },
  )

  it('explains its request before the verdict does, and what is unknown leaves that to the verdict', () => {
    expect(explain('quarantined', 'STALE')).toBe(causes.STALE)
    expect(explain('verified', null)).toBe(verdicts.verified)
    expect(explain('quarantined', 'OF_A_LATER_VERSION')).toBe(verdicts.quarantined)
    expect(explain('quarantined', 'toString')).toBe(verdicts.quarantined)
  })
})
