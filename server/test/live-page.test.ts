import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openBrowser } from './browser.ts'
import { sqlite } from './engines.ts'
import { eventually } from './eventually.ts'
import { openReceiver } from './receiver.ts'
import { apiKey, createEndpoint, createSource, startTrunkline, type TestSource, type Trunkline } from './trunkline.ts'

const opened = await openBrowser()
if (typeof opened === 'string') console.warn(`The live page is not tested: ${opened}`)

/** Runs if it is ever read as HTML, and says so. */
const canary = '<img src=x onerror="window.wasRun=true"><script>window.wasRun=true</script>'

describe.skipIf(typeof opened === 'string')('the live page', () => {
  const browser = opened as Browser
  let trunkline: Trunkline
  let source: TestSource
  let page: Page
  const faults: string[] = []

  beforeAll(async () => {
    trunkline = await startTrunkline(sqlite)
    const receiver = await openReceiver((_, response) => response.writeHead(200, { 'x-canary': canary }).end(canary))
    source = await createSource(trunkline, 'github', { name: `repository ${canary}` })
    await createEndpoint(trunkline, receiver, { description: canary })
    page = await signIn()
    page.on('pageerror', (error) => faults.push(String(error)))
    page.on('console', (message) => {
      if (/Content Security Policy|TrustedHTML/.test(message.text())) faults.push(message.text())
    })
  })
  afterAll(() => browser.close())
  // Rows that are pointed at or have the focus stay where they are.
  beforeEach(() => page.mouse.click(5, 5))

  async function signIn(more: { bypassCSP?: boolean } = {}): Promise<Page> {
    const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1400, height: 900 }, ...more })
    const made = await context.newPage()
    made.setDefaultTimeout(30_000)
    await made.goto(trunkline.server.url)
    await made.getByLabel('API key').fill(apiKey)
    await made.getByRole('button', { name: 'Open' }).click()
    await made.locator('#note', { hasText: /^live$/ }).waitFor()
    expect(made.url()).not.toContain(apiKey)
    return made
  }

  const rows = (at = page) => at.locator('.events .row')
  // Closed by a letter: the time of a row stands right behind its subject.
  const rowOf = (number: number) => rows().filter({ hasText: `octo/n${number}n` })
  const post = async (number: number, more: object = {}, headers = {}) => {
    const { status } = await source.post(
      JSON.stringify({ action: 'opened', number, repository: { full_name: `octo/n${number}n` }, ...more }),
      { event: 'issues', headers },
    )
    expect(status).toBe(200)
  }
  const wasRun = () => page.evaluate('window.wasRun === true')

  it('shows an event as it comes, and goes on where it was when the server is back', async () => {
    await post(1)
    await rowOf(1).waitFor()
    await trunkline.server.end('SIGKILL')
    await page.locator('#note', { hasText: 'Reconnecting…' }).waitFor()
    trunkline.server = await trunkline.server.again()
    await post(2)
    await rowOf(2).waitFor()
    await page.locator('#note', { hasText: /^live$/ }).waitFor()
    expect(await rowOf(1).count()).toBe(1)
    expect(await rowOf(2).count()).toBe(1)
  })

  it('opens an event by the keyboard, with its bytes, its headers, how it was proven, and where it went', async () => {
    await rowOf(2).getByRole('link').focus()
    await page.keyboard.press('Enter')
    const sheet = page.getByRole('dialog')
    await sheet.getByText('"number": 2').waitFor()
    await sheet.getByText(/^verified in/).waitFor()
    await sheet.getByText('Request headers').click()
    expect(await sheet.locator('pre').first().textContent()).toContain('x-github-event: issues')
    await sheet.locator('.deliveries, .delivery').first().waitFor()
    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'hidden' })
    await page.waitForURL((url) => !url.hash.includes('event='))
  })

  it('shows what strangers write as text, wherever it stands', async () => {
    await post(3, { title: canary }, { 'x-canary': canary })
    const { json } = await trunkline.api.post('/events', {
      type: 'canary.made',
      subject: `${canary}\u202etxt.exe`,
      customer: canary,
      data: { [canary]: canary, control: '\u0000\u001b[31m' },
    })
    await page.goto(`${trunkline.server.url}/#event=${json.id}`)
    const sheet = page.getByRole('dialog')
    await sheet.getByText('⟨U+202E⟩txt.exe').waitFor()
    expect(await sheet.locator('pre.text').textContent()).toContain(canary.replaceAll('"', '\\"'))
    const { data } = (await trunkline.api.get('/events?type=github.*&limit=1')).json
    await page.goto(`${trunkline.server.url}/#event=${data[0].id}`)
    await sheet.getByText('Request headers').click()
    await sheet.getByText(`x-canary: ${canary}`).waitFor()
    const delivery = sheet.locator('.delivery .row-link').first()
    await delivery.click()
    await sheet.getByText('Answer', { exact: true }).click()
    await sheet.getByText(`x-canary: ${canary}`).waitFor()
    expect(await page.locator('img[src=x]').count()).toBe(0)
    expect(await wasRun()).toBe(false)
    await page.keyboard.press('Escape')
  })

  it('shows an endpoint in full, pauses it and makes it active again', async () => {
    await page.goto(`${trunkline.server.url}/#`)
    await page.getByRole('link', { name: 'Details of' }).first().click()
    const sheet = page.getByRole('dialog')
    await sheet.getByText('it is sent what it asks for').waitFor()
    await sheet.getByText('as standard says').waitFor()
    await sheet.locator('.delivery.success').first().waitFor()
    await sheet.getByRole('button', { name: 'Check' }).click()
    await sheet.getByText(/^it answers: \d{3} to HEAD$/).waitFor()
    await sheet.getByText(/^connection .+ ms · answer .+ ms$/).waitFor()
    await sheet.getByRole('button', { name: 'Pause' }).click()
    await sheet.getByText('what comes for it waits').waitFor()
    expect((await trunkline.api.get('/endpoints')).json.data[0].status).toBe('paused')
    await sheet.getByRole('button', { name: 'Make active' }).click()
    await sheet.getByText('it is sent what it asks for').waitFor()
    expect((await trunkline.api.get('/endpoints')).json.data[0].status).toBe('active')
    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'hidden' })
  })

  it('stays whole with a body of a megabyte on one line', async () => {
    await post(4, { title: 'x'.repeat(1024 * 1024) })
    await rowOf(4).getByRole('link').click()
    const sheet = page.getByRole('dialog')
    await sheet.getByText('the first 64 KiB are shown').waitFor()
    const width = await sheet.evaluate((node) => node.scrollWidth - node.clientWidth)
    expect(width).toBeLessThanOrEqual(0)
    await page.keyboard.press('Escape')
  })

  it('keeps its rows where they are while they are looked at', async () => {
    await post(5)
    await rowOf(5).waitFor()
    const place = await rowOf(5).boundingBox()
    await rowOf(5).hover()
    await post(6)
    await post(7)
    const show = page.getByRole('button', { name: 'Show 2 new' })
    await show.waitFor()
    expect(await rows().first().textContent()).toContain('octo/n5n')
    expect(await rowOf(5).boundingBox()).toEqual(place)
    await show.click()
    await rowOf(7).waitFor()
    expect(await rows().first().textContent()).toContain('octo/n7n')
  })

  it('keeps the newest two hundred rows when hundreds come, and says how many there were', async () => {
    for (let n = 100; n < 320; n += 20) await Promise.all(Array.from({ length: 20 }, (_, i) => post(n + i)))
    await eventually('the last of them', async () => (await rowOf(319).count()) === 1)
    expect(await rows().count()).toBe(200)
    await page.getByText(/The newest 200 are shown; \d+ more came/).waitFor()
  })

  it('has nothing that a reader could not use, in light and in dark', async () => {
    // The judge's own script is one that the policy would refuse.
    const own = await signIn({ bypassCSP: true })
    await rows(own).first().waitFor()
    const serious = async (colorScheme: 'light' | 'dark') => {
      await own.emulateMedia({ colorScheme })
      const { violations } = await new AxeBuilder({ page: own }).analyze()
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).slice(0, 3)}`)
    }
    expect(await serious('light')).toEqual([])
    expect(await serious('dark')).toEqual([])
    await rows(own).first().getByRole('link').click()
    await own.getByRole('dialog').getByText('Body').waitFor()
    expect(await serious('dark')).toEqual([])
    expect(await serious('light')).toEqual([])
    await own.keyboard.press('Escape')
    await own.getByRole('link', { name: 'Details of' }).first().click()
    await own.getByRole('dialog').getByText('Latest deliveries').waitFor()
    expect(await serious('dark')).toEqual([])
    await own.context().close()
  })

  it('met nothing on its way that its policy refuses, and no fault of its own', () => {
    expect(faults).toEqual([])
  })
})
