import { readFile } from 'node:fs/promises'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../src/base/id.ts'
import { openBrowser } from './browser.ts'
import { sqlite } from './engines.ts'
import { eventually } from './eventually.ts'
import { openReceiver } from './receiver.ts'
import { apiKey, createEndpoint, createSource, startTrunkline, type TestSource, type Trunkline } from './trunkline.ts'

const opened = await openBrowser()
if (typeof opened === 'string') console.warn(`The page of requests is not tested: ${opened}`)

/** Runs if it is ever read as HTML, and says so. */
const canary = '<img src=x onerror="window.wasRun=true"><script>window.wasRun=true</script>'

describe.skipIf(typeof opened === 'string')('the page of requests, parked events and jobs', () => {
  const browser = opened as Browser
  let trunkline: Trunkline
  let source: TestSource
  let page: Page
  const faults: string[] = []

  beforeAll(async () => {
    trunkline = await startTrunkline(sqlite)
    source = await createSource(trunkline, 'github', { name: `repository ${canary}` })
    page = await signIn()
    page.on('pageerror', (error) => faults.push(String(error)))
    page.on('console', (message) => {
      if (/Content Security Policy|TrustedHTML/.test(message.text())) faults.push(message.text())
    })
  })
  afterAll(() => browser.close())

  async function signIn(more: { bypassCSP?: boolean } = {}): Promise<Page> {
    const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1400, height: 900 }, ...more })
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: trunkline.server.url })
    const made = await context.newPage()
    made.setDefaultTimeout(30_000)
    await made.goto(trunkline.server.url)
    await made.getByLabel('API key').fill(apiKey)
    await made.getByRole('button', { name: 'Open' }).click()
    await made.locator('#note', { hasText: /^live$/ }).waitFor()
    return made
  }

  const rows = (at = page) => at.locator('.request.row')
  const sheet = () => page.getByRole('dialog')
  const sent = async (body: string | Uint8Array, message: object = {}): Promise<string> => {
    const { json } = await source.post(body, { event: 'issues', ...message })
    return json.requestId
  }
  const issue = (number: number, more: object = {}) =>
    JSON.stringify({ action: 'opened', number, repository: { full_name: 'octo/page' }, ...more })
  const show = async (part: string) => {
    await page.goto(`${trunkline.server.url}/#${part}`)
    await page.mouse.move(5, 5)
  }
  const openRequest = async (id: string) => {
    await show(`view=requests&request=${id}`)
    await sheet().getByText(id, { exact: true }).waitFor()
  }
  const counted = (at: Locator, count: number) => eventually(`${count} rows`, async () => (await at.count()) === count)

  it('says what to do while nothing has come in, then lists what comes as it comes', async () => {
    await page.getByRole('link', { name: 'Requests' }).click()
    await page.getByText('Nothing has come in yet.').waitFor()
    await sent(issue(1))
    await rows().filter({ hasText: 'verified' }).waitFor()
    expect(await rows().first().textContent()).toContain('1 event')
  })

  it('goes on when the row that has the focus is taken away', async () => {
    await rows().first().locator('.row-link').focus()
    await page.evaluate(`location.assign('#view=requests&verdict=duplicate')`)
    await page.getByText('No request is like that.').waitFor()
    await page.evaluate(`location.assign('#view=requests')`)
    await rows().first().waitFor()
  })

  it('keeps what was chosen last, however late what came before it is told', async () => {
    const [first] = (await trunkline.api.get('/requests')).json.data
    await openRequest(first.id)
    // Told when the place is another one already, and nobody has heard of that yet: the browser does so now and then.
    await page.evaluate(
      `location.hash = '#view=jobs'; document.querySelector('dialog[open]').dispatchEvent(new Event('close'))`,
    )
    await page.getByText('Nothing is under way.').waitFor()
    expect(new URL(page.url()).hash).toBe('#view=jobs')
  })

  it('leads on from a filter before its rows have come', async () => {
    await show('view=requests')
    await rows().first().waitFor()
    let letGo = () => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    await page.route('**/api/v1/requests?*', async (route) => {
      await held
      await route.continue()
    })
    await page.getByLabel('Cause').selectOption('STALE')
    await page.locator('a[href*="cause=STALE"]', { hasText: 'quarantined' }).click()
    await eventually('both', async () => /(?=.*verdict=quarantined).*cause=STALE/.test(new URL(page.url()).hash))
    letGo()
    await page.getByText('No request is like that.').waitFor()
    await page.unroute('**/api/v1/requests?*')
    await show('view=requests')
    await rows().first().waitFor()
  })

  it('tells what was refused by a word and a sign, and narrows the list by verdict, cause, source and text', async () => {
    await source.post(issue(2, { title: 'sought after' }), { isBare: true, headers: { 'content-type': 'text/html' } })
    await page.getByRole('link', { name: 'quarantined' }).click()
    const refused = rows().filter({ hasText: 'quarantined' })
    await refused.waitFor()
    expect(await refused.locator('.mark').textContent()).toBe('✕')
    expect(await refused.textContent()).toContain('shows no signature or token')
    await counted(rows(), 1)
    await refused.locator('.row-link').click()
    await sheet().getByText('MISSING_SIGNATURE').waitFor()
    await sheet().getByText('Next: Enter the source’s secret at the provider').waitFor()
    await page.keyboard.press('Escape')
    await page.getByLabel('Cause').selectOption('STALE')
    await page.getByText('No request is like that.').waitFor()
    await page.getByLabel('Cause').selectOption('MISSING_SIGNATURE')
    await counted(rows(), 1)
    await page.getByRole('link', { name: 'all', exact: true }).first().click()
    await eventually('another place', async () => !new URL(page.url()).hash.includes('verdict'))
    await page.getByLabel('Cause').selectOption('')
    await counted(rows(), 2)
    await sent(issue(3, { title: 'sought after' }))
    await page.getByRole('searchbox').fill('sought after')
    await page.keyboard.press('Enter')
    await eventually('a search', async () => new URL(page.url()).hash.includes('sought'))
    await eventually('the one', async () => (await rows().filter({ hasText: 'verified' }).count()) === 1)
    const other = await createSource(trunkline, 'github', { name: 'the other' })
    await page.getByRole('searchbox').fill('')
    await page.keyboard.press('Enter')
    await page
      .getByLabel('Source', { exact: true })
      .locator('option', { hasText: 'the other' })
      .waitFor({ state: 'attached' })
    await page.getByLabel('Source', { exact: true }).selectOption(other.id)
    await page.getByText('Nothing has come to this source yet.').waitFor()
  })

  it('shows one page, and more of them when they are asked for', async () => {
    await Promise.all(Array.from({ length: 55 }, (_, i) => sent(issue(100 + i))))
    await show('view=requests')
    await counted(rows(), 50)
    await page.getByRole('button', { name: 'Show more' }).click()
    await eventually('more rows', async () => (await rows().count()) >= 58)
  })

  it('shows whatever strangers send as what it is, and as text', async () => {
    const kinds: [body: string | Uint8Array, shown: string][] = [
      [`<html>${canary}</html>`, canary],
      ['invoice\u202efdp.exe \u001b[31m \u0000', 'invoice⟨U+202E⟩fdp.exe ␛[31m ␀'],
      [Buffer.from('7b22fc223a317d', 'hex'), '{"⟨FC⟩":1}'],
      [issue(4, { [canary]: canary }), canary.replaceAll('"', '\\"')],
    ]
    for (const [body, shown] of kinds) {
      await openRequest(await sent(body, { headers: { 'x-canary': canary, 'content-type': 'text/html' } }))
      await sheet().getByRole('button', { name: 'As sent' }).click()
      const text = sheet().locator('.body-area pre.text')
      await text.waitFor()
      expect(await text.textContent()).toContain(shown)
      expect(await sheet().textContent()).toContain(`x-canary: ${canary}`)
    }
    await openRequest(await sent(Buffer.from('504b0304fffe00', 'hex')))
    expect(await sheet().locator('pre.hex').textContent()).toBe(`000000  50 4b 03 04 ff fe 00${' '.repeat(29)}PK·····`)
    await sheet().getByText('7 bytes, binary').waitFor()
    expect(await page.locator('img[src=x]').count()).toBe(0)
    expect(await page.evaluate('window.wasRun === true')).toBe(false)
  })

  it('shows a megabyte on one line piece by piece', async () => {
    await openRequest(await sent(issue(5, { title: 'x'.repeat(1024 * 1024) })))
    await sheet().getByText('the first 64 KiB are shown').waitFor()
    await sheet().getByRole('button', { name: 'Show more' }).click()
    await sheet().getByText('the first 128 KiB are shown').waitFor()
    expect(await sheet().evaluate((node) => node.scrollWidth - node.clientWidth)).toBeLessThanOrEqual(0)
  })

  it('copies the curl command of the API, and downloads the bytes that came', async () => {
    const bytes = Buffer.from(issue(6, { quote: `it's "quoted" \n` }))
    const id = await sent(bytes)
    await openRequest(id)
    await sheet().getByRole('button', { name: 'Copy as curl' }).click()
    await sheet().getByRole('button', { name: 'Copied' }).waitFor()
    const command = await (
      await fetch(`${trunkline.server.url}/api/v1/requests/${id}/curl`, {
        headers: { authorization: `Bearer ${apiKey}` },
      })
    ).text()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(command)
    const download = page.waitForEvent('download')
    await sheet().getByRole('button', { name: 'Download body' }).click()
    const file = await download
    expect(file.suggestedFilename()).toBe(`${id}.json`)
    expect(await readFile(await file.path())).toEqual(bytes)
  })

  it('shows what came of a request, and goes from there to its event and back by the keyboard', async () => {
    const receiver = await openReceiver((_, response) => response.writeHead(200).end())
    await createEndpoint(trunkline, receiver, { description: `billing ${canary}` })
    const id = await sent(issue(7))
    await eventually('a delivery', async () => {
      const { events } = (await trunkline.api.get(`/requests/${id}`)).json
      return events[0]?.deliveries.success === 1
    })
    await openRequest(id)
    await sheet().getByText('first success').waitFor()
    await sheet().getByText('1 delivered').waitFor()
    await sheet().locator('.delivery.success').waitFor()
    await sheet().locator('.made .row-link').first().focus()
    await page.keyboard.press('Enter')
    await sheet().getByRole('heading', { name: 'Deliveries' }).waitFor()
    expect(await sheet().locator(':focus').count()).toBe(1)
    await sheet().getByRole('link', { name: id }).click()
    await sheet().getByRole('heading', { name: 'Time by stage' }).waitFor()
    await page.keyboard.press('Escape')
    await rows().first().waitFor()
    await eventually('the list alone', async () => new URL(page.url()).hash === '#view=requests')
  })

  it('tries a parked event without a trace, then runs it', async () => {
    // As if its fan-out had failed: its delivery is not there, and why not stands beside the cursor.
    const [latest] = (await trunkline.api.get('/events?type=github.issues&limit=1')).json.data
    const id = String(latest.id)
    await trunkline.place.rows(
      'DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE event_id = ?)',
      [id],
    )
    await trunkline.place.rows('DELETE FROM deliveries WHERE event_id = ?', [id])
    await trunkline.place.rows(
      `INSERT INTO parked (follower, seq, event_id, workspace_id, event_type, error, attempts, due_at)
       SELECT 'fan-out', seq, id, workspace_id, type, ?, 7, 0 FROM events WHERE id = ?`,
      [`Error: ${canary}`, id],
    )
    await show('view=parked')
    await page.getByRole('link', { name: 'Parked 1' }).waitFor()
    await page.locator('.parked-event .row-link').click()
    await sheet().getByText(`Error: ${canary}`).waitFor()
    const deliveries = async () => (await trunkline.api.get(`/deliveries?event=${id}`)).json.data.length
    await sheet().getByRole('button', { name: 'Try it first' }).click()
    await sheet().getByText('It would be handled now.').waitFor()
    await sheet().getByText(`a delivery to billing ${canary}`).waitFor()
    expect(await deliveries()).toBe(0)
    await sheet().getByRole('button', { name: 'Run again' }).click()
    await sheet().getByText('It has been handled.').waitFor()
    expect(await deliveries()).toBe(1)
    await sheet().locator('.standing.handled').waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('No event is parked.').waitFor()
  })

  it('pauses, resumes and cancels a job, which asks back', async () => {
    const id = newId('job', Date.now())
    await trunkline.place.rows(
      `INSERT INTO jobs (id, workspace_id, kind, args, plan_count, plan_is_at_least, status, counts, generation, created_at,
         updated_at, resumed_at, resumed_looked)
       SELECT ?, workspace_id, 'sample', '{}', 200, 0, 'paused', '{"looked":50}', 0, 0, 0, 0, 0 FROM sources LIMIT 1`,
      [id],
    )
    await show('view=jobs')
    const job = page.locator('.job')
    await job.getByText('50 of 200 looked at').waitFor()
    expect(await job.getByRole('progressbar').getAttribute('value')).toBe('0.25')
    await job.getByRole('button', { name: 'Resume sample' }).click()
    await job.getByText('running', { exact: true }).waitFor()
    await job.getByRole('button', { name: 'Pause sample' }).click()
    await job.getByText('paused', { exact: true }).waitFor()
    await job.getByRole('button', { name: 'Cancel sample' }).click()
    await job.getByRole('button', { name: 'Cancel it for good?' }).click()
    await job.getByText('cancelled', { exact: true }).waitFor()
    expect((await trunkline.api.get(`/jobs/${id}`)).json.status).toBe('cancelled')
  })

  it('has nothing that a reader could not use, in light and in dark', async () => {
    const { data } = (await trunkline.api.get('/requests?verdict=verified&limit=1')).json
    // The judge's own script is one that the policy would refuse.
    const own = await signIn({ bypassCSP: true })
    const judge = async (place: string, ready: Locator) => {
      await own.goto(`${trunkline.server.url}/#${place}`)
      await ready.first().waitFor()
      const { violations } = await new AxeBuilder({ page: own }).analyze()
      const found = violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).slice(0, 3)}`,
      )
      expect(found, place).toEqual([])
    }
    await judge('view=parked&state=any', own.locator('.parked-event'))
    await judge('view=jobs', own.locator('.job'))
    await own.emulateMedia({ colorScheme: 'dark' })
    await judge('view=requests&verdict=quarantined', rows(own))
    await judge(
      `view=requests&verdict=quarantined&request=${data[0].id}`,
      own.getByRole('heading', { name: 'Headers' }),
    )
    await own.context().close()
  })

  it('met nothing on its way that its policy refuses, and no fault of its own', () => {
    expect(faults).toEqual([])
  })
})
