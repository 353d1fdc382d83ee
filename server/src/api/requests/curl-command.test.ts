import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { curlCommand, type KeptRequest } from './curl-command.ts'

interface Arrived {
  method: string
  url: string
  /** Names and values; each character of a value is a byte. */
  headers: [string, string][]
  body: Buffer
}

let arrived: Arrived[] = []
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const { method = '', url = '', rawHeaders } = request
  const names = rawHeaders.filter((_, i) => i % 2 === 0)
  const headers = names.map((name, i): [string, string] => [name, rawHeaders[2 * i + 1] ?? ''])
  arrived.push({ method, url, headers, body: Buffer.concat(chunks) })
  response.end()
})
let address = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
})

/** Runs a script with the shell that every system has. */
function run(script: string, environment: Record<string, string> = {}) {
  arrived = []
  return new Promise<{ isDone: boolean; complaints: string }>((resolve) => {
    const env = { PATH: process.env.PATH, ...environment }
    const shell = execFile('sh', [], { env }, (error, _, complaints) => resolve({ isDone: !error, complaints }))
    shell.stdin?.end(script)
  })
}

const kept = (over: Partial<KeptRequest> = {}): KeptRequest => ({
  id: 'req_1',
  method: 'POST',
  url: '/in/abcd***',
  headers: [
    ['Content-Type', 'application/json'],
    ['X-One', '1'],
  ],
  ...over,
})
const command = (over: Partial<KeptRequest> = {}, body: Uint8Array = Buffer.from('{}')) =>
  curlCommand(kept(over), `${address}/in/the-key`, body)

/** Without what belongs to the connection. */
const sent = ({ headers }: Arrived) => headers.filter(([name]) => !/^(host|content-length|connection)$/i.test(name))

/** What a shell, curl or a terminal could take for its own. */
const odd = fc.constantFrom(
  ...`'"\`$\\!%;:@#&|<>(){}[]*?~=,-+ aZ09`,
  ...['\t', 'é', 'ÿ', '\u0080', '$(id)', '`id`', "'\\''", '%s', '\\n', `\${HOME}`, '@file'],
)
const headerValue = fc.array(odd, { maxLength: 12 }).map((parts) => parts.join('').trim())
const header = fc.tuple(fc.stringMatching(/^X-[A-Za-z0-9_.~-]{1,8}$/), headerValue)
const query = fc
  .array(fc.constantFrom(...`'"\`$!%;:@&|(){}[]*?~=,-+aZ09\\`), { maxLength: 12 })
  .map((parts) => parts.join(''))
const body = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => Buffer.from(text)),
  fc
    .array(fc.oneof(odd, fc.constantFrom('\n', '\r', '\0', '\n\n', 'END\n', '\u202e', '\u2028', '日本')), {
      maxLength: 20,
    })
    .map((parts) => Buffer.from(parts.join(''))),
)
const request = fc.record({ headers: fc.array(header, { maxLength: 4 }), query, body })

describe('a request as a command', () => {
  it('sends the same bytes and headers, whatever is in them', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 12 }), async (requests) => {
        const script = requests.map(({ headers, query, body }) =>
          command({ headers, url: `/in/abcd***${query === '' ? '' : `?${query}`}` }, body),
        )
        const { isDone, complaints } = await run(script.join(''))
        expect(complaints).toBe('')
        expect(isDone).toBe(true)
        const wanted = requests.map(({ headers, query, body }) => ({
          url: `/in/the-key${query === '' ? '' : `?${query}`}`,
          headers,
          body: Buffer.from(body).toString('base64'),
        }))
        const got = arrived.map((each) => ({
          url: each.url,
          headers: sent(each),
          body: each.body.toString('base64'),
        }))
        expect(got).toEqual(wanted)
      }),
      { numRuns: 5 },
    )
  })

  it('is readable where the body is: quotes and line breaks are no trouble', async () => {
    const text = command({}, Buffer.from('{"says":"it\'s",\n"n":1}'))
    expect(text.replace(address, 'https://hooks.example.com')).toBe(
      [
        `curl -sS -g 'https://hooks.example.com/in/the-key' \\`,
        `  -H 'Content-Type: application/json' \\`,
        `  -H 'X-One: 1' \\`,
        `  -H 'User-Agent:' \\`,
        `  -H 'Accept:' \\`,
        `  -H 'Expect:' \\`,
        `  --data-raw '{"says":"it'\\''s",`,
        `"n":1}'`,
        '',
      ].join('\n'),
    )
  })

  it('has only characters that a terminal shows as they are, and a body of any bytes in Base64', async () => {
    const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => i & 0xff))
    const text = command({ headers: [['X-Odd', '\u0080é']] }, bytes)
    expect(text).toMatch(/^[\n\x20-\x7e]*$/)
    expect(text).toMatch(/^base64 -d <<'END' \| curl /)
    expect((await run(text)).isDone).toBe(true)
    expect(arrived[0]?.body.equals(bytes)).toBe(true)
  })

  it('leaves secrets to be filled in, and sends nothing without them', async () => {
    const masked = {
      url: '/in/abcd***?a=1&token=***&b=***',
      headers: [
        ['X-Gitlab-Token', '***'],
        ['X-Stars', '***'],
      ] as [string, string][],
    }
    const text = command(masked)
    const refused = await run(text, { SECRET: 'one' })
    expect(refused).toEqual({
      isDone: false,
      complaints: expect.stringContaining('set it to the header X-Gitlab-Token'),
    })
    expect(arrived).toEqual([])
    expect(await run(text, { SECRET: 'p q"$', SECRET_2: "it's" })).toEqual({
      isDone: false,
      complaints: expect.any(String),
    })
    expect(await run(text, { SECRET: 'p"$', SECRET_2: "it's" })).toEqual({ isDone: true, complaints: '' })
    expect(arrived[0]?.url).toBe('/in/the-key?a=1&token=p"$&b=***')
    expect(arrived[0] && sent(arrived[0])).toEqual([
      ['X-Gitlab-Token', "it's"],
      ['X-Stars', '***'],
    ])
  })

  it('says what is missing without a word of the sender’s that a shell could take for its own', async () => {
    const headers: [string, string][] = [['$(touch x)`id`"-token', '***']]
    expect(command({ headers })).toContain(`"\${SECRET:?set it to the header touch xid-token}"`)
  })

  it('fetches a body that is too long for a command', async () => {
    const text = curlCommand(kept(), { name: 'SOURCE_URL', what: 'the URL of the source' }, undefined)
    const environment = { TRUNKLINE_URL: address, TRUNKLINE_API_KEY: 'osk_1', SOURCE_URL: `${address}/in/x` }
    expect(await run(text, environment)).toEqual({ isDone: true, complaints: '' })
    expect(arrived.map(({ method, url }) => `${method} ${url}`).sort()).toEqual([
      'GET /api/v1/requests/req_1/body',
      'POST /in/x',
    ])
  })
})
