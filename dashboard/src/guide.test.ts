import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { exitCodes } from '../../cli/src/command.ts'
import { run } from '../../cli/src/run.ts'
import { post } from './guide.ts'

it.skipIf(process.platform === 'win32')('quotes a command so that a shell reads it as it is meant', () => {
  const line = post('http://127.0.0.1:4400', 'events', { type: 'a.b', data: { text: `it's $HOME "quoted"` } })
  const script = line.replace(/^curl/, `printf '%s\\n'`)
  const words = execFileSync('sh', ['-c', script], { env: { TRUNKLINE_API_KEY: 'osk_x' }, encoding: 'utf8' }).split(
    '\n',
  )
  expect(words).toEqual([
    'http://127.0.0.1:4400/api/v1/events',
    '-H',
    'Authorization: Bearer osk_x',
    '-H',
    'Content-Type: application/json',
    '-d',
    `{"type":"a.b","data":{"text":"it's $HOME \\"quoted\\""}}`,
    '',
  ])
})

it('names only commands that the command line has', async () => {
  const text = await readFile(new URL('guide.ts', import.meta.url), 'utf8')
  const named = [...text.matchAll(/npm run -s trunkline -- (\S+?)\b/g)].map(([, name]) => name ?? '')
  expect(named).toContain('listen')
  const terminal = {
    ...{ say() {}, write() {}, complain() {}, environment: {}, isScreen: false, now: () => 0 },
    stopping: () => new AbortController().signal,
  }
  const codes = await Promise.all(named.map((name) => run([name, '--help'], '0.0.0', terminal)))
  expect(named.filter((_, i) => codes[i] !== exitCodes.done)).toEqual([])
})
