import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
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
