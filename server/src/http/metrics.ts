import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { type Meter, type MetricName, metrics } from '../base/meter.ts'

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15]

/** The server's figures in Prometheus's format. */
export function createMetrics(): { meter: Meter; show(): Promise<{ contentType: string; text: string }> } {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'trunkline_' })
  const counters = new Map<string, Counter>()
  const histograms = new Map<string, Histogram>()
  /** What gauges stand at: it is asked for every few seconds and changes with every request. */
  const gauges = new Map<string, number>()
  for (const [name, { kind, help, labels }] of Object.entries(metrics)) {
    const options = { name, help, labelNames: [...labels], registers: [registry] }
    if (kind === 'counter') counters.set(name, new Counter(options))
    else if (kind === 'histogram') histograms.set(name, new Histogram({ ...options, buckets }))
    else {
      new Gauge({
        ...options,
        collect() {
          this.set(gauges.get(name) ?? 0)
        },
      })
    }
  }
  return {
    meter: {
      add: (name: MetricName, amount, labels = {}) => counters.get(name)?.inc(labels, amount),
      set(name: MetricName, value, labels = {}) {
        const histogram = histograms.get(name)
        if (histogram) histogram.observe(labels, value)
        else gauges.set(name, value)
      },
    },
    show: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}
