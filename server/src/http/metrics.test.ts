import { describe, expect, it } from 'vitest'
import { metrics } from '../base/meter.ts'
import { createMetrics } from './metrics.ts'

describe('the figures', () => {
  it('are shown with what they count, in the format of Prometheus', async () => {
    const { meter, show } = createMetrics()
    meter.add('trunkline_requests_total', 2, { kind: 'github', verdict: 'verified', cause: '' })
    meter.add('trunkline_requests_total', 1, { kind: 'github', verdict: 'verified', cause: '' })
    meter.set('trunkline_on_wire', 5)
    meter.set('trunkline_on_wire', 3)
    meter.set('trunkline_attempt_seconds', 0.02)
    const { contentType, text } = await show()
    expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(text).toContain('trunkline_requests_total{kind="github",verdict="verified",cause=""} 3\n')
    expect(text).toContain('trunkline_on_wire 3\n')
    expect(text).toContain('trunkline_attempt_seconds_bucket{le="0.01"} 0\n')
    expect(text).toContain('trunkline_attempt_seconds_bucket{le="0.025"} 1\n')
    expect(text).toContain('trunkline_attempt_seconds_count 1\n')
    for (const [name, { help, kind }] of Object.entries(metrics)) {
      expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`)
    }
  })

  it('of the process are among them', async () => {
    expect((await createMetrics().show()).text).toMatch(/^trunkline_process_resident_memory_bytes \d+$/m)
  })

  it('of two servers in one process are apart', async () => {
    const [one, other] = [createMetrics(), createMetrics()]
    one.meter.set('trunkline_store_up', 1)
    expect((await other.show()).text).toContain('trunkline_store_up 0\n')
  })

  it('that are counters end in _total, and times are in seconds', () => {
    for (const [name, { kind, labels }] of Object.entries(metrics)) {
      expect(name.startsWith('trunkline_')).toBe(true)
      expect(name.endsWith('_total')).toBe(kind === 'counter')
      if (kind === 'histogram') expect(name).toMatch(/_seconds$/)
      if (kind === 'gauge') expect(labels, 'gauges are kept by their names alone').toEqual([])
    }
  })
})
