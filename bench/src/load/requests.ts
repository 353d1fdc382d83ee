import { createHmac } from 'node:crypto'

/** The secret of the source that is posted to. */
export const sourceSecret = 'the secret of the benchmark'

/** So many different bodies are made and signed; a body is sent again only after its event has been delivered. */
export const slotCount = 20_000

/** What a body begins with; its slot follows, so that the receiver can tell which event has arrived. */
export const slotMarker = '{"slot":"'
export const slotDigits = 8

const bodyBytes = 1024

/** A body as GitHub sends it for a push, 1 KB with its slot at the front. */
export function bodyOf(slot: number): string {
  const head = `${slotMarker}${String(slot).padStart(slotDigits, '0')}",${push.slice(1, -2)}`
  return `${head}${'.'.repeat(bodyBytes - head.length - 2)}"}`
}

const push = JSON.stringify({
  ref: 'refs/heads/main',
  before: '5d1f0c3e9b7a48d6820c4f1e3a9b6d7c80e2f415',
  after: 'a94c7e02d8b15f3697e4d0c2b8a6153f7d9e0b42',
  repository: {
    id: 710044321,
    name: 'pear',
    full_name: 'orchard-labs/pear',
    private: false,
    html_url: 'https://github.com/orchard-labs/pear',
    default_branch: 'main',
  },
  pusher: { name: 'marta-k', email: 'marta@orchard.example' },
  forced: false,
  commits: [
    {
      id: 'a94c7e02d8b15f3697e4d0c2b8a6153f7d9e0b42',
      timestamp: '2026-11-20T09:14:03+01:00',
      author: { name: 'Marta', email: 'marta@orchard.example' },
      modified: ['schedule.yml'],
    },
  ],
  compare: '',
})

/** Requests ready to be written to a socket, one a slot. */
export interface Requests {
  /** The request of a slot, with a delivery id that was never used before. */
  next(slot: number): Buffer
}

const deliveryId = '00000000-0000-4000-8000-000000000000'
let signed: { body: Buffer; signature: string }[] | undefined
let sent = 0

/**
 * Signing costs as much as sending, so it is done once, before anything is measured. The slots have the paths and the types
 * in turn.
 */
export function openRequests(paths: readonly string[], types: readonly string[]): Requests {
  signed ??= Array.from({ length: slotCount }, (_, slot) => {
    const body = Buffer.from(bodyOf(slot))
    return { body, signature: createHmac('sha256', sourceSecret).update(body).digest('hex') }
  })
  const fronts = paths.map((path) => `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-GitHub-Delivery: `)
  const frontOf = (slot: number) => fronts[slot % fronts.length] ?? ''
  const ready = signed.map(({ body, signature }, slot) => {
    const type = types[slot % types.length] ?? 'push'
    return Buffer.concat([
      Buffer.from(`${frontOf(slot)}${deliveryId}${headers(type, body.length, signature)}`, 'latin1'),
      body,
    ])
  })
  return {
    next(slot) {
      const request = ready[slot] ?? Buffer.alloc(0)
      sent++
      // Written into the bytes that are there: the slot's last request has been answered.
      const lastOfId = frontOf(slot).length + deliveryId.length - 1
      for (let at = lastOfId, rest = sent; rest > 0; at--) {
        request[at] = 48 + (rest % 10)
        rest = Math.floor(rest / 10)
      }
      return request
    },
  }
}

const headers = (type: string, length: number, signature: string): string =>
  [
    '',
    'User-Agent: GitHub-Hookshot/0a1b2c3',
    'Accept: */*',
    'Content-Type: application/json',
    `X-GitHub-Event: ${type}`,
    'X-GitHub-Hook-ID: 498812332',
    'X-GitHub-Hook-Installation-Target-ID: 710044321',
    'X-GitHub-Hook-Installation-Target-Type: repository',
    `X-Hub-Signature-256: sha256=${signature}`,
    `Content-Length: ${length}`,
    '',
    '',
  ].join('\r\n')
