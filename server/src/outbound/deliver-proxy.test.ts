import { expect, it } from 'vitest'
import { fakeClock } from '../base/clock.ts'
import { createEgress } from '../egress/request.ts'
import { openReceiver, openRig } from './exercise-deliverer.ts'

it('a proxy that fails uses up none of the tries of a delivery, which goes out once it is mended', async () => {
  const clock = fakeClock()
  // The proxy answers like a receiver: it opens no tunnel, and says so.
  await using proxy = await openReceiver()
  const { hostname, port } = new URL(proxy.url)
  const policy = { allowPrivate: ['127.0.0.0/8'], allowHttp: true }
  const direct = createEgress({ policy, clock })
  const proxied = createEgress({
    policy: { ...policy, proxy: { hostname, port: Number(port), authorization: null, direct: [] } },
    clock,
  })
  let egress = proxied
  const switching = {
    request: (...order: Parameters<typeof direct.request>) => egress.request(...order),
    close: async () => {},
  }
  await using rig = openRig({ clock, egress: { own: switching, customers: switching } })
  await using receiver = await openReceiver()
  await rig.endpoint(receiver.url, { retry: { delaysSeconds: [1] } })
  const [id = ''] = await rig.send('a.b')
  await rig.quiet()
  for (let i = 0; i < 11; i++) await rig.pass(10 * 60_000)
  const failing = await rig.delivery(id)
  expect(failing).toMatchObject({ status: 'pending', attempts: 12, cause: 'PROXY_ERROR' })
  const waits = failing.history.map(({ nextDueAt = 0, startedAt }) => (nextDueAt - startedAt) / 1000)
  expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600, 600, 600, 600])
  expect(receiver.arrivals).toHaveLength(0)

  egress = direct
  await rig.pass(10 * 60_000)
  expect(await rig.delivery(id)).toMatchObject({ status: 'success', attempts: 13 })
  await Promise.all([direct.close(), proxied.close()])
})
