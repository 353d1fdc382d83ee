import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { arch, cpus, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import { percentile } from './statistics.ts'

/** What the figures were measured on, in one line. */
export function describeMachine(folder: string): string {
  const memory = Math.round(totalmem() / 1024 ** 3)
  const { p50, p99 } = syncMs(folder)
  return [
    `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'})`,
    `${memory} GB`,
    `${platform()} ${arch()}`,
    `Node ${process.versions.node}`,
    `fdatasync of 4 KB appended: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`,
  ].join(', ')
}

/** How long the disk takes to keep a page: a commit can be no quicker. */
function syncMs(folder: string): { p50: number; p99: number } {
  const file = join(folder, 'sync')
  const descriptor = openSync(file, 'w')
  const page = Buffer.alloc(4096, 1)
  const times: number[] = []
  try {
    for (let i = 0; i < 400; i++) {
      writeSync(descriptor, page)
      const beganAt = performance.now()
      fdatasyncSync(descriptor)
      times.push(performance.now() - beganAt)
    }
  } finally {
    closeSync(descriptor)
    rmSync(file)
  }
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) }
}
