import { expect, it } from 'vitest'
import { silentLog } from '../src/base/log.ts'
import { readConfig } from '../src/config.ts'
import { start } from '../src/wire.ts'
import { createApi } from './api.ts'
import { sqlite } from './engines.ts'
import { eventually } from './eventually.ts'
import { openReceiver, status } from './receiver.ts'
import { apiKey, createEndpoint, createPlace } from './trunkline.ts'

const minutes = 60_000
const hours = 60 * minutes

it('a delivery is tried ten times over 75 hours, then it has failed, and a retry begins a new round', async () => {
  // The whole server in this process, on a clock that is put forward instead of waited for.
  let shiftMs = 0
  const clock = { now: () => Date.now() + shiftMs, elapsed: () => performance.now() }
  const { environment } = await createPlace(sqlite)
  const settings = { ...environment, PORT: '0', TRUNKLINE_API_KEY: apiKey, TRUNKLINE_ALLOW_PRIVATE: '127.0.0.0/8' }
  const running = await start(readConfig(settings), {
    journal: silentLog,
    clock,
    random: () => 0.5, // in the middle of the jitter: the schedule itself
    isTerminal: false,
    onFatal(error) {
      throw error
    },
  })
  try {
    const api = createApi({ url: `http://127.0.0.1:${running.port}` }, apiKey)
    const receiver = await openReceiver(status(500))
    const { id: endpoint } = await createEndpoint({ api }, receiver)
    await api.post('/events', { type: 'a.b', data: 1 })
    const after = (attempts: number) =>
      eventually(`attempt ${attempts}`, async () => {
        const [delivery] = (await api.get(`/deliveries?endpoint=${endpoint}`)).json.data
        return delivery?.attempts === attempts && (await api.get(`/deliveries/${delivery.id}`)).json
      })

    const steps = [
      5_000,
      5 * minutes,
      30 * minutes,
      2 * hours,
      5 * hours,
      10 * hours,
      14 * hours,
      20 * hours,
      24 * hours,
    ]
    for (const [i, step] of steps.entries()) {
      const { status, nextAttemptAt, history } = await after(i + 1)
      expect(status).toBe('retrying')
      const last = history.at(-1)
      const waitMs = Date.parse(nextAttemptAt) - Date.parse(last.startedAt) - last.timing.totalMs
      expect(Math.abs(waitMs - step), `after attempt ${i + 1}`).toBeLessThan(1_000)
      shiftMs += Date.parse(nextAttemptAt) - clock.now()
    }
    const { id, ...ended } = await after(10)
    expect(ended).toMatchObject({ status: 'failed', cause: 'SERVER_ERROR', nextAttemptAt: null })
    const [first, last] = [ended.history[0], ended.history[9]]
    expect((Date.parse(last.startedAt) - Date.parse(first.startedAt)) / hours).toBeCloseTo(75.58, 1)
    expect(new Set(receiver.arrivals.map((each) => each.id)).size).toBe(1)
    expect(new Set(receiver.arrivals.map((each) => each.body.toString())).size).toBe(1)

    await api.post(`/deliveries/${id}/retry`)
    expect(await after(11)).toMatchObject({ status: 'retrying' })
    expect(receiver.arrivals).toHaveLength(11)
  } finally {
    await running.stop()
  }
})
