import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { scopes } from '../access/scope.ts'
import { operations } from './operations.ts'

const read = (page: string) => readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8')
const page = read('coming-from.md')

/** The rows of the tables below a heading, as pairs of cells. */
function rowsBelow(heading: string): [string, string][] {
  const [, rest = ''] = page.split(`\n## ${heading}\n`)
  const [section = ''] = rest.split('\n## ')
  return [...section.matchAll(/^\| (.+?) \| (.+) \|$/gm)].map(([, from = '', to = '']) => [from, to])
}
const callsIn = (cells: readonly string[]) =>
  cells.flatMap((cell) => [...cell.matchAll(/`((?:GET|POST|PUT|PATCH|DELETE) [^`]+)`/g)].map(([, call = '']) => call))
const bare = (call: string) => call.replace(/\?.*/, '')

const sections = ['Opencom: the automation API', 'RemoteDevAI: webhooks']

describe('the page for those who come from another system', () => {
  it('names only operations that there are', () => {
    const known = operations.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    const named = sections.flatMap((section) => callsIn(rowsBelow(section).map(([, to]) => to)))
    expect(named.length).toBeGreaterThan(25)
    for (const call of named) expect(known, call).toContain(bare(call))
  })

  it('has a place for every route that the former systems have for webhooks', () => {
    const [opencom = [], remotedev = []] = sections.map((section) =>
      callsIn(rowsBelow(section).map(([from]) => from)).map(bare),
    )
    const ofOpencom = [
      ...[
        'GET /webhooks',
        'GET /webhooks/get',
        'POST /webhooks/create',
        'POST /webhooks/update',
        'POST /webhooks/delete',
      ],
      ...[
        'POST /webhooks/rotate-secret',
        'POST /webhooks/test',
        'GET /webhooks/deliveries',
        'GET /webhooks/deliveries/get',
      ],
      ...['POST /webhooks/replay', 'GET /events/feed', 'POST /events/create', 'GET /events/types', 'GET /me'],
      ...['GET /credentials', 'POST /credentials', 'POST /credentials/rotate', 'POST /credentials/disable'],
    ]
    const ofRemotedev = [
      ...['POST /stripe', 'POST /clerk', 'GET /events', 'POST /', 'GET /', 'GET /:id', 'PUT /:id', 'DELETE /:id'],
      ...['POST /:id/regenerate-secret', 'GET /:id/deliveries', 'POST /queue/retry-failed', 'GET /queue/failed'],
      ...['POST /queue/clean', 'POST /deliveries/:id/retry', 'POST /:id/test', 'GET /:id/stats', 'GET /queue/stats'],
    ]
    for (const call of ofOpencom) expect(opencom).toContain(call)
    for (const call of ofRemotedev) expect(remotedev).toContain(call)
  })

  it('names variables and scopes that there are', () => {
    const ours = [...page.matchAll(/`(TRUNKLINE_\w+|KAPSO_\w+|TAVUS_\w+|OPENCLAW_\w+|STRIPE_\w+|CLERK_\w+)`/g)]
    expect(ours.length).toBeGreaterThan(8)
    for (const [name] of ours) expect(read('configuration.md')).toContain(name)
    for (const [, scope = ''] of page.matchAll(/`(\w+\.(?:read|write|manage))`/g)) expect(scopes).toContain(scope)
  })
})
