import { readFileSync } from 'node:fs'

/** Where the time of one thread went, in microseconds by name. */
export interface Hot {
  file: string
  busyUs: number
  /** By function, without what it called. */
  self: Map<string, number>
  /** By function, with what it called. */
  whole: Map<string, number>
  /** By package or file of ours, without what it called. */
  places: Map<string, number>
}

interface Node {
  id: number
  callFrame: { functionName: string; url: string; lineNumber: number }
  children?: number[]
}

interface Profile {
  nodes: Node[]
  startTime: number
  samples: number[]
  timeDeltas: number[]
}

/** Reads what `node --cpu-prof` wrote; only samples between two times of `process.hrtime`, in microseconds, count. */
export function readProfile(file: string, beginUs: number, endUs: number): Hot {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile
  const selfUs = timeByNode(profile, beginUs, endUs)
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const parents = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])))
  const hot: Hot = { file, busyUs: 0, self: new Map(), whole: new Map(), places: new Map() }
  for (const [id, us] of selfUs) {
    const node = nodes.get(id)
    if (!node || node.callFrame.functionName === '(idle)') continue
    hot.busyUs += us
    const { name, place } = named(node)
    add(hot.self, name, us)
    add(hot.places, place, us)
    const path = new Set<string>()
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const each = nodes.get(at)
      if (each) path.add(named(each).name)
    }
    for (const each of path) add(hot.whole, each, us)
  }
  return hot
}

/** The most expensive entries, as lines of microseconds an event. */
export function top(times: ReadonlyMap<string, number>, events: number, count: number): string[] {
  return [...times]
    .filter(([name]) => name !== '(root)')
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([name, us]) => `${(us / events).toFixed(2).padStart(8)} µs  ${name}`)
}

function timeByNode({ startTime, samples, timeDeltas }: Profile, beginUs: number, endUs: number): Map<number, number> {
  const times = new Map<number, number>()
  let now = startTime
  for (const [i, id] of samples.entries()) {
    now += timeDeltas[i] ?? 0
    const us = timeDeltas[i + 1] ?? 0
    if (now >= beginUs && now < endUs) times.set(id, (times.get(id) ?? 0) + us)
  }
  return times
}

function named({ callFrame }: Node): { name: string; place: string } {
  const { functionName, url, lineNumber } = callFrame
  const name = functionName || '(anonymous)'
  if (url === '') return { name: `${name} [native]`.replace(/^(\(.*\)) \[native\]/, '$1'), place: `native ${name}` }
  const own = /\/server\/dist\/(.*)$/.exec(url)?.[1]
  const inPackage = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(url)
  const place = own ?? inPackage?.[1] ?? url.replace(/^node:internal\/([^/]+).*/, 'node:$1')
  const file = own ?? (inPackage ? `${inPackage[1]}/${inPackage[2]?.split('/').at(-1)}` : url)
  return { name: `${name} ${file}:${lineNumber + 1}`, place }
}

function add(times: Map<string, number>, name: string, us: number): void {
  times.set(name, (times.get(name) ?? 0) + us)
}
