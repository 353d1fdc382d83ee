import { readFileSync } from 'node:fs'
import { kapso, metaWhatsapp } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import kapsoSource from '../sources/kapso/source.ts'
import metaSource from '../sources/meta-whatsapp/source.ts'

const page = readFileSync(new URL('../../../../docs/whatsapp.md', import.meta.url), 'utf8')
const rows = page.split('\n').filter((line) => line.startsWith('| '))
const named = (name: string) => rows.some((row) => row.includes(`\`${name}\``))

describe('docs/whatsapp.md', () => {
  it('has a row for every type of event', () => {
    const types = [...(kapsoSource.eventTypes ?? []), ...(metaSource.eventTypes ?? [])].map(({ type }) => type)
    expect(types.filter((type) => !named(type))).toEqual([])
  })

  it('has a row for every sample', () => {
    expect([...kapso.events, ...metaWhatsapp.events].filter((event) => !named(event))).toEqual([])
  })

  it('tries samples that there are', () => {
    const tried = [...page.matchAll(/trigger (kapso|meta-whatsapp)\.(\S+)/g)]
    expect(tried.length).toBeGreaterThan(0)
    for (const [, kind, event] of tried) {
      expect((kind === 'kapso' ? kapso : metaWhatsapp).events).toContain(event)
    }
  })
})
