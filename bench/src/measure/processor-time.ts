import { readdirSync, readFileSync } from 'node:fs'

/** The clock ticks in which Linux tells the processor time; 100 a second on everything that Node runs on. */
const ticksPerSecond = 100

/** Seconds of processor time, user and system, that processes and their children have used; undefined where there is no /proc. */
export function processorSeconds(pids: readonly number[]): number | undefined {
  const all = processes()
  if (!all) return undefined
  let ticks = 0
  const seen = new Set(pids)
  // Children have higher numbers than their parents nearly always; a second round finds the others.
  for (let round = 0; round < 2; round++) {
    for (const each of all) if (seen.has(each.parent)) seen.add(each.pid)
  }
  for (const each of all) if (seen.has(each.pid)) ticks += each.ticks
  return ticks / ticksPerSecond
}

/** The same for each thread of one process, most first. */
export function threadSeconds(pid: number): { thread: number; seconds: number }[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map((thread) => {
        const fields = fieldsOf(`/proc/${pid}/task/${thread}/stat`)
        return { thread: Number(thread), seconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond }
      })
      .sort((a, b) => b.seconds - a.seconds)
  } catch {
    return []
  }
}

function processes(): { pid: number; parent: number; ticks: number }[] | undefined {
  let names: string[]
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return undefined
  }
  return names.flatMap((name) => {
    try {
      const fields = fieldsOf(`/proc/${name}/stat`)
      // Its own, and that of its children that have ended: user and system each.
      const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0)
      return [{ pid: Number(name), parent: Number(fields[1]), ticks }]
    } catch {
      return [] // it ended meanwhile
    }
  })
}

/** The fields after the name, which is in brackets and may hold spaces. */
function fieldsOf(file: string): string[] {
  const text = readFileSync(file, 'latin1')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}
