import pg from 'pg'
import { pass } from './pass.ts'
import type { TestPostgres } from './postgres.ts'
import type { Loss } from './store-gone.ts'

/** A standby that was promoted to nothing, or an operator's precaution: it answers, and takes no writes. */
export const readOnly: Loss = {
  name: 'is read-only',
  take: (postgres) => setReadOnly(postgres, 'on'),
  giveBack: (postgres) => setReadOnly(postgres, 'off'),
}

async function setReadOnly({ url }: TestPostgres, value: 'on' | 'off'): Promise<void> {
  await administer(url, async (client) => {
    await client.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`)
    await client.query('SELECT pg_reload_conf()')
  })
}

/** Another client takes every connection that PostgreSQL has, the server's too, and each one that becomes free. */
export function fullOfOthers(): Loss {
  const others: pg.Client[] = []
  let isTaking = false
  let taking: Promise<void> | undefined

  async function takeOne(url: string): Promise<boolean> {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      others.push(client)
      return true
    } catch {
      await client.end().catch(() => {})
      return false
    }
  }

  async function takeAll(url: string): Promise<void> {
    while (isTaking) if (!(await takeOne(url))) await pass(10)
  }

  return {
    name: 'has no connection left',
    async take({ url }) {
      await takeOne(url)
      const [administrator] = others
      isTaking = true
      taking = takeAll(url)
      // Until the server has had none for a while, and every place is another's.
      for (let quietTimes = 0; quietTimes < 20; quietTimes++) {
        const ended = await administrator?.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'trunkline%'",
        )
        if (ended?.rowCount !== 0) quietTimes = -1
        await pass(20)
      }
    },
    async giveBack() {
      isTaking = false
      await taking
      await Promise.all(others.splice(0).map((client) => client.end()))
    },
  }
}

async function administer(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  await work(client).finally(() => client.end())
}
