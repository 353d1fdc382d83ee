import { senders } from '@trunkline/senders'
import { beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../../cli/src/exercise-cli.ts'
import { sqlite } from './engines.ts'
import { apiKey, createSource, startTrunkline, type TestSource, type Trunkline } from './trunkline.ts'

// The command line plays a provider to a real server.

let trunkline: Trunkline
beforeAll(async () => {
  trunkline = await startTrunkline(sqlite)
})

const trigger = (words: readonly string[], { secret }: Pick<TestSource, 'secret'>) =>
  runCli(['trigger', ...words], {
    TRUNKLINE_SOURCE_SECRET: secret,
    TRUNKLINE_API_KEY: apiKey,
    TRUNKLINE_URL: trunkline.server.adminUrl,
  })

/** Senders whose sources can be made here as those of most kinds are: by the secret alone. */
const usual = senders.filter(({ kind }) => ['github', 'standard-webhooks', 'stripe'].includes(kind))

describe('trigger', () => {
  it.each(usual)(
    'in chaos leaves one request with events for each $title event that was accepted',
    async ({ kind }) => {
      const source = await createSource(trunkline, kind)
      const run = trigger([kind, '--url', source.url, '--chaos', '--repeat', '30', '--seed', '42', '--check'], source)
      expect([await run.code, run.complaints]).toEqual([0, []])
      expect(run.lines.at(-1)).toBe('The log has gained 30: as it should be.')
      const { json } = await trunkline.api.get(`/events?source=${source.id}&limit=100`)
      expect(json.data).toHaveLength(30)
    },
  )

  it('finds the source by its id, and counts again from where the log ended', async () => {
    const source = await createSource(trunkline, 'github')
    for (let times = 0; times < 2; times++) {
      const run = trigger(['github', '--all', '--repeat', '3', '--source', source.id, '--check'], source)
      expect([await run.code, run.complaints]).toEqual([0, []])
      expect(run.lines.at(-1)).toMatch(/^The log has gained \d+: as it should be\.$/)
    }
    const wrong = trigger(['stripe', '--source', source.id], source)
    expect([await wrong.code, wrong.complaints[0]]).toEqual([1, expect.stringContaining('of the kind github')])
  })

  it('says when the log has gained something else', async () => {
    const source = await createSource(trunkline, 'github')
    const other = await createSource(trunkline, 'github')
    const run = trigger(['github', '--repeat', '40', '--rate', '40', '--url', source.url, '--check'], source)
    // Somebody else posts to the same source meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect((await source.post('{"zen":"Keep it logically awesome."}', { event: 'ping' })).status).toBe(200)
    expect(await run.code).toBe(2)
    expect(run.complaints[0]).toContain('The log has gained 41 and should have gained 40')
    const elsewhere = trigger(['github', '--url', `${trunkline.server.url}/in/nowhere`, '--check'], other)
    expect([await elsewhere.code, elsewhere.complaints[0]]).toEqual([1, expect.stringContaining('no source with that')])
  })

  it('gets the word of the server when the secret is wrong', async () => {
    const source = await createSource(trunkline, 'github')
    const run = trigger(['github', '--url', source.url], { secret: 'It is quite another' })
    expect(await run.code).toBe(2)
    expect(run.lines[0]).toContain('SIGNATURE_REFUSED')
    expect(run.complaints).toEqual(['Is --secret the secret of this source?'])
  })
})
