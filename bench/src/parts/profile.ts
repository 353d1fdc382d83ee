import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { threadSeconds } from '../measure/processor-time.ts'
import type { Times } from '../measure/window.ts'
import { readProfile, top } from '../report/cpu-profile.ts'
import type { Store } from '../systems/trunkline.ts'
import type { Bench } from './bench.ts'
import { endToEnd } from './end-to-end.ts'

const shown = 28

/** Runs end to end under the profiler of node, and says where the time of each thread goes. */
export async function profile(bench: Bench, store: Store, times: Times, say: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(join(bench.workFolder, 'profile-'))
  let begin = { us: 0, threads: new Map<number, number>() }
  let end = begin
  const note = (pid: number) => ({
    us: Number(process.hrtime.bigint() / 1000n),
    threads: new Map(threadSeconds(pid).map(({ thread, seconds }) => [thread, seconds])),
  })
  try {
    const measured = await endToEnd(bench, store, times, {
      nodeArgs: ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=500'],
      onMeasured(pid, phase) {
        if (phase === 'begin') begin = note(pid)
        else end = note(pid)
      },
    })
    const events = (measured.perSecond * (end.us - begin.us)) / 1e6
    say(
      `\n${store}: ${Math.round(measured.perSecond)} events/s under the profiler, ${measured.cpuUs?.toFixed(0)} µs CPU an event`,
    )
    const used = [...end.threads].map(([thread, seconds]) => ({
      thread,
      us: ((seconds - (begin.threads.get(thread) ?? 0)) * 1e6) / events,
    }))
    const most = used.sort((a, b) => b.us - a.us).filter(({ us }) => us >= 0.5)
    say(`CPU by thread, µs an event: ${most.map(({ thread, us }) => `${thread}: ${us.toFixed(1)}`).join(', ')}`)
    const threads = readdirSync(folder).map((file) => readProfile(join(folder, file), begin.us, end.us))
    for (const hot of threads.sort((a, b) => b.busyUs - a.busyUs)) {
      if (hot.busyUs / events < 0.5) continue
      say(
        `\n== Thread ${hot.file.split('.').at(-3)}: ${(hot.busyUs / events).toFixed(1)} µs an event (waits for the disk included)`,
      )
      say(`-- by package and file\n${top(hot.places, events, shown).join('\n')}`)
      say(`-- by function, itself\n${top(hot.self, events, shown).join('\n')}`)
      say(`-- by function, with what it calls\n${top(hot.whole, events, 2 * shown).join('\n')}`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
