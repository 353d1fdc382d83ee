import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { type Meter, type MetricName, metrics } from '../base/meter.ts'

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15]

/** The server's figures in Prometheus's format. */
export function createMetrics(): { meter: Meter; show(): Promise<{ contentType: string; text: string }> } {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'trunkline_' })
  const counters = new Map<string, Counter>()
  const others = new Map<string, Histogram | Gauge>()
  for (const [name, { kind, help, labels }] of Object.entries(metrics)) {
    const options = { name, help, labelNames: [...labels], registers: [registry] }
    if (kind === 'counter') counters.set(name, new Counter(options))
    else others.set(name, kind === 'histogram' ? new Histogram({ ...options, buckets }) : new Gauge(options))
  }
  return {
    meter: {
      add: (name: MetricName, amount, labels = {}) => counters.get(name)?.inc(labels, amount),
      set(name: MetricName, value, labels = {}) {
        const metric = others.get(name)
        if (metric instanceof Histogram) metric.observe(labels, value)
        else metric?.set(labels, value)
      },
    },
    show: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}
