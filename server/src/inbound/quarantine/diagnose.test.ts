import { randomBytes } from 'node:crypto'
import { type Sender, senders } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { Headers, type SourceDefinition } from '../source.ts'
import { sourceDefinitions } from '../sources/index.ts'
import { type DiagnosedFault, diagnose, type Suspicion } from './diagnose.ts'

const now = 1_800_000_000_000
const body = Buffer.from('{"id":"evt_1","type":"invoice.paid","amount":12345678901234567890}')

function suspect(
  kind: string,
  secret: string,
  ours: string,
  more: Partial<Suspicion> & { sent?: Buffer; at?: number } = {},
) {
  const definition = sourceDefinitions.get(kind) as SourceDefinition
  const sender = senders.find((each) => each.kind === kind) as Sender
  const { sent = body, at = now, ...rest } = more
  const headers = sender.sign({ body, secret, nowMs: at, id: 'msg_1', url: 'https://x.example/in/k', event: 'push' })
  const suspicion: Suspicion = {
    incoming: {
      method: 'POST',
      url: '/in/k',
      address: 'https://x.example/in/k',
      isAddressed: true,
      headers: new Headers(Object.entries(headers)),
      body: sent,
    },
    definition,
    config: definition.config.parse({}),
    cause: 'SIGNATURE_MISMATCH',
    receivedAt: now,
    secrets: [ours],
    former: [],
    others: [],
    ...rest,
  }
  let trials = 0
  const found = diagnose(suspicion, async () => void trials++)
  return found.then((faults) => ({ faults, trials }))
}

const causesOf = ({ faults }: { faults: DiagnosedFault[] }) => faults.map(({ cause }) => cause)
const ours = randomBytes(20).toString('hex')

describe('a refused request', () => {
  it('that nothing explains is said nothing of, after few trials', async () => {
    const others = Array.from({ length: 20 }, (_, i) => ({
      id: `src_${i}`,
      name: 'other',
      secrets: [randomBytes(9).toString('hex')],
    }))
    const { faults, trials } = await suspect('github', 'a stranger’s secret', ours, { others })
    expect(faults).toEqual([])
    expect(trials).toBeLessThan(70)
  })

  it.each(['hex', 'base64'] as const)(
    'may be signed with the bytes that the secret stands for in %s',
    async (encoding) => {
      const text = Buffer.from('the bytes of a key, 32 in all...').toString(encoding)
      const used = Buffer.from(text, encoding).toString() // bytes that are a text, so that a sender of text can play it
      for (const kind of ['github', 'stripe']) {
        const { faults } = await suspect(kind, used, kind === 'stripe' ? `whsec_${text}` : text)
        expect(faults).toEqual([{ cause: 'WRONG_SECRET', detail: expect.stringContaining(encoding) }])
      }
    },
  )

  it('may have two things wrong with it, and says both', async () => {
    const former = [{ secret: 'the former secret', endedAt: now - 1000 }]
    const late = await suspect('stripe', 'the former secret', ours, { former, at: now - 3_600_000 })
    expect(causesOf(late)).toEqual(['WRONG_SECRET', 'STALE'])
    expect(late.faults[1]?.detail).toMatch(/1 hour behind/)
    const changed = await suspect('stripe', ours, ours, {
      at: now + 600_000,
      sent: Buffer.concat([body, Buffer.from('\n')]),
    })
    expect(causesOf(changed)).toEqual(['BODY_CHANGED', 'FROM_FUTURE'])
  })

  it('that is genuine by now says so', async () => {
    expect((await suspect('github', ours, ours)).faults[0]?.detail).toMatch(/verify the source again/)
  })

  it('never has a secret in what is said of it', async () => {
    const secrets = ['the former secret', 'the other secret', ours]
    const former = [{ secret: 'the former secret', endedAt: now }]
    const others = [{ id: 'src_2', name: 'Other', secrets: ['the other secret'] }]
    for (const used of [...secrets, `${ours}\n`, `whsec_${ours}`]) {
      const { faults } = await suspect('github', used, used === ours ? 'another' : ours, { former, others })
      for (const secret of secrets) expect(JSON.stringify(faults)).not.toContain(secret)
    }
  })

  it('that is large is tried with former secrets only', async () => {
    const large = Buffer.alloc(1024 * 1024 + 1, ' ')
    const { trials } = await suspect('github', 'a stranger’s secret', ours, {
      sent: large,
      former: [{ secret: 'x', endedAt: 1 }],
    })
    expect(trials).toBe(2)
  })

  it.each([-14, -5, -1, 1, 3, 9, 14])('whose clock is off by %i hours is told so', async (hours) => {
    const { faults } = await suspect('slack', ours, ours, { at: now + hours * 3_600_000 })
    expect(faults[0]?.detail).toContain(`${Math.abs(hours)} hour`)
  })
})
