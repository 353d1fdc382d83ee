import { expect, it } from 'vitest'
import { openServer, runCli } from './exercise-cli.ts'
import { printable } from './text.ts'

/** What strangers may put into a text, and a terminal takes for more than text. */
const hostile = 'a\u009b31mb\u007f\u202ec\u2066d\u2028\u001b[2J'
const answer = { id: hostile, data: [{ name: hostile }], nextCursor: null }

it.each([
  'requests',
  'requests show req_1',
  'deliveries',
  'delivery dlv_1',
  'parked',
  'parked show evt_1.accounts',
  'parked rerun evt_1.accounts',
  'parked rerun --all',
  'parked dismiss evt_1.accounts',
  'jobs',
  'jobs show job_1',
  'keys',
  'keys make portal --scope events.read',
  'replay',
  'replay --run',
])('the JSON of "%s" says everything and does nothing to a terminal', async (line) => {
  const printed = await run(line.split(' '))
  expect(JSON.parse(printed)).toEqual(answer)
  expectPlain(printed)
})

it('the JSON of a key that was revoked does nothing to a terminal either', async () => {
  const printed = await run(['keys', 'revoke', hostile])
  expect(JSON.parse(printed)).toEqual({ id: hostile })
  expectPlain(printed)
})

function expectPlain(printed: string): void {
  for (const line of printed.split('\n')) expect(printable(line)).toBe(line)
}

/** What a command prints when the server answers what strangers wrote. */
async function run(words: readonly string[]): Promise<string> {
  const server = await openServer(() => ({ status: 200, body: answer }))
  const environment = { TRUNKLINE_URL: server.url, TRUNKLINE_API_KEY: `osk_${'k'.repeat(48)}` }
  const started = runCli([...words, '--json'], environment)
  expect(await started.code).toBe(0)
  await server.close()
  return started.lines.join('\n')
}
