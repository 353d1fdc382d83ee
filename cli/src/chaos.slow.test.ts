import { createHmac } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { openServer, type Received, runCli, until } from './exercise-cli.ts'

const secret = 'It is a secret'
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function source(answer: (request: Received) => number) {
  const server = await openServer((request) => ({ status: answer(request), body: {} }))
  closing.push(server.close)
  return server
}

/** What GitHub tells everybody to do. */
function verify({ headers, body }: Received): number {
  const right = createHmac('sha256', secret).update(body).digest('hex')
  return headers['x-hub-signature-256'] === `sha256=${right}` ? 200 : 401
}

const words = ['trigger', 'github', '--chaos', '--secret', secret, '--url']

describe('chaos', () => {
  it('sends every event, some again, and forged ones that are refused; and says what should be in the log', async () => {
    const { url, received } = await source(verify)
    const run = runCli([...words, url, '--repeat', '40', '--seed', '7'])
    expect(await run.code).toBe(0)
    const accepted = received.filter((each) => verify(each) === 200)
    const ids = new Set(accepted.map(({ headers }) => headers['x-github-delivery']))
    expect(ids.size).toBe(40)
    expect(accepted.length).toBeGreaterThan(40)
    expect(received.length).toBeGreaterThan(accepted.length)
    expect(run.lines[0]).toBe('Seed 7: with --seed 7 the same again, in the same order.')
    expect(run.lines.slice(-4)).toEqual([
      expect.stringMatching(new RegExp(`^sent {6}${received.length}: 40 genuine, `)),
      `accepted  ${accepted.length} of the ${accepted.length} genuine and repeated`,
      `refused   ${received.length - accepted.length} of the ${received.length - accepted.length} forged`,
      'The log should have gained 40 different events, each from one request.',
    ])
  })

  it('does the same again for the same seed', async () => {
    const deeds = async () => {
      const { url } = await source(verify)
      const run = runCli([...words, url, '--repeat', '20', '--seed', '11'])
      expect(await run.code).toBe(0)
      return run.lines.filter((line) => / in \d+ ms /.test(line)).map((line) => line.slice(0, 12).trim())
    }
    // What is sent at once may be answered in any order.
    expect((await deeds()).sort()).toEqual((await deeds()).sort())
  })

  it('repeats the same bytes under the same id', async () => {
    const { url, received } = await source(() => 200)
    await runCli([...words, url, '--repeat', '30', '--seed', '3']).code
    const bodies = new Map<unknown, Set<string>>()
    for (const { headers, body } of received.filter((each) => verify(each) === 200)) {
      const id = headers['x-github-delivery']
      bodies.set(id, (bodies.get(id) ?? new Set()).add(body.toString()))
    }
    expect([...bodies.values()].map(({ size }) => size)).toEqual(Array(30).fill(1))
  })

  it('exits 2 when a forged one is accepted, and when a genuine one is not', async () => {
    const open = await source(() => 200)
    const careless = runCli([...words, open.url, '--seed', '7'])
    expect(await careless.code).toBe(2)
    expect(careless.complaints).toEqual([expect.stringMatching(/^\d+ forged requests were accepted/)])
    const shut = await source(() => 401)
    const wrong = runCli([...words, shut.url, '--seed', '7'])
    expect([await wrong.code, wrong.complaints]).toEqual([2, ['Is --secret the secret of this source?']])
    expect(wrong.lines.at(-1)).toContain('gained 0 different')
    const weary = await source((each) => (verify(each) === 200 ? 200 : 503))
    expect(await runCli([...words, weary.url, '--seed', '7']).code).toBe(2)
  })

  it('ends when nothing answers, or when it is told to', async () => {
    const gone = await source(verify)
    await gone.close()
    const failed = runCli([...words, gone.url])
    expect(await failed.code).toBe(2)
    expect(failed.complaints[0]).toContain('cannot be reached')
    const slow = await source(verify)
    const stopped = runCli([...words, slow.url, '--repeat', '1000', '--rate', '10'])
    await until(() => slow.received.length > 0)
    stopped.stop()
    expect(await stopped.code).toBe(2)
    expect(slow.received.length).toBeLessThan(20)
  })
})
