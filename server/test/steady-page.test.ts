import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser } from './browser.ts'
import { sqlite } from './engines.ts'
import { eventually } from './eventually.ts'
import { openReceiver, type Receiver, status } from './receiver.ts'
import { apiKey, createEndpoint, createSource, startTrunkline, type TestSource, type Trunkline } from './trunkline.ts'

const opened = await openBrowser()
if (typeof opened === 'string') console.warn(`The steadiness of the page is not tested: ${opened}`)

describe.skipIf(typeof opened === 'string')('the page when something fails, waits or is pressed twice', () => {
  const browser = opened as Browser
  let trunkline: Trunkline
  let source: TestSource
  let receiver: Receiver
  let endpoint: { id: string }
  const pages: Page[] = []

  beforeAll(async () => {
    trunkline = await startTrunkline(sqlite)
    source = await createSource(trunkline, 'github')
    receiver = await openReceiver()
    endpoint = await createEndpoint(trunkline, receiver, { name: 'billing', eventTypes: ['order.*'] })
    await publish()
  })
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close()
  })
  afterAll(() => browser.close())

  async function blank(): Promise<Page> {
    const page = await (await browser.newContext({ locale: 'en-US', viewport: { width: 1400, height: 900 } })).newPage()
    pages.push(page)
    page.setDefaultTimeout(30_000)
    return page
  }

  /** A page behind the key, at a place; `prepare` has its say before anything is read. */
  async function open(
    place = '',
    prepare: (page: Page) => Promise<unknown> = async () => {},
    key = apiKey,
  ): Promise<Page> {
    const page = await blank()
    await prepare(page)
    await page.goto(`${trunkline.server.url}/#${place}`)
    await page.getByLabel('API key').fill(key)
    await page.getByRole('button', { name: 'Open' }).click()
    await page.locator('#views a').first().waitFor()
    return page
  }

  const publish = async (type = 'order.paid'): Promise<string> =>
    (await trunkline.api.post('/events', { type, data: { of: 'a test' } })).json.id
  const sheetOf = (page: Page) => page.getByRole('dialog')
  const openEndpoint = async (): Promise<[Page, Locator]> => {
    const page = await open(`shownEndpoint=${endpoint.id}`)
    const sheet = sheetOf(page)
    await sheet.getByRole('button', { name: 'Disable' }).waitFor()
    return [page, sheet]
  }
  const focused = (page: Page) => page.evaluate('document.activeElement.textContent')

  it('opens one page for a key that is sent twice, and closes it on sign-out', async () => {
    const page = await blank()
    await page.goto(trunkline.server.url)
    await page.getByLabel('API key').fill(apiKey)
    await page.evaluate(
      `{ const form = document.getElementById('sign-in'); form.requestSubmit(); form.requestSubmit() }`,
    )
    await page.locator('#note', { hasText: /^live$/ }).waitFor()
    expect(await page.locator('dialog').count()).toBe(1)
    await page.getByRole('button', { name: 'Sign out' }).click()
    expect(await page.locator('dialog').count()).toBe(0)
  })

  it('reads the events again when they could not be read once, and takes the fault back', async () => {
    let faults = 0
    const page = await open('', (page) =>
      page.route('**/api/v1/events?*', (route) =>
        faults++ === 0 ? route.fulfill({ status: 503, json: { detail: 'It is starting.' } }) : route.continue(),
      ),
    )
    await page.locator('.events .failure', { hasText: 'It is starting.' }).waitFor()
    await page.locator('.events .row', { hasText: 'order.paid' }).first().waitFor()
    expect(await page.locator('.events .failure').count()).toBe(0)
  })

  it('says that an answer is none, instead of being live', async () => {
    const page = await open()
    await page.locator('#note', { hasText: /^live$/ }).waitFor()
    await page.route('**/api/v1/deliveries?*', (route) => route.fulfill({ body: '<h1>Welcome to the Wi-Fi</h1>' }))
    await page.locator('#note', { hasText: 'What answers is not Trunkline' }).waitFor()
    await page.unroute('**/api/v1/deliveries?*')
    await page.locator('#note', { hasText: /^live$/ }).waitFor()
  })

  it('leaves the buttons of an endpoint alone while deliveries to it come', async () => {
    const [page, sheet] = await openEndpoint()
    const disable = sheet.getByRole('button', { name: 'Disable' })
    await disable.focus()
    await page.evaluate('document.activeElement.dataset.marked = ""')
    const before = await sheet.locator('.delivery').count()
    await publish()
    await eventually('its delivery', async () => (await sheet.locator('.delivery').count()) > before)
    expect(await sheet.locator('[data-marked]').count()).toBe(1)
    expect(await focused(page)).toBe('Disable')
  })

  it('keeps the focus when a button makes room for another', async () => {
    const [page, sheet] = await openEndpoint()
    await sheet.getByRole('button', { name: 'Pause' }).focus()
    await page.keyboard.press('Enter')
    await sheet.getByText('what comes for it waits').waitFor()
    expect(await focused(page)).toBe('Make active')
    await page.keyboard.press('Enter')
    await sheet.getByText('it is sent what it asks for').waitFor()
    expect(await focused(page)).toBe('Pause')
  })

  it('takes a double click for a question only, not for its answer', async () => {
    const [, sheet] = await openEndpoint()
    await sheet.getByRole('button', { name: 'Disable' }).dblclick()
    await sheet.getByRole('button', { name: 'End what waits for it?' }).waitFor()
    expect((await trunkline.api.get(`/endpoints/${endpoint.id}`)).json.status).toBe('active')
  })

  it('takes Enter that is held down for a question only', async () => {
    const [page, sheet] = await openEndpoint()
    await sheet.getByRole('button', { name: 'Disable' }).focus()
    await page.keyboard.down('Enter')
    // Down again without having been up is how a browser repeats a key that is held.
    for (let i = 0; i < 3; i++) await page.keyboard.down('Enter')
    await page.keyboard.up('Enter')
    await sheet.getByRole('button', { name: 'End what waits for it?' }).waitFor()
    expect((await trunkline.api.get(`/endpoints/${endpoint.id}`)).json.status).toBe('active')
  })

  it('opens an event whose data was removed, and says so where its body would be', async () => {
    const id = await publish()
    expect((await trunkline.api.post('/erase', { eventId: id })).status).toBe(200)
    const sheet = sheetOf(await open(`event=${id}`))
    await sheet.getByRole('heading', { name: 'order.paid' }).waitFor()
    await sheet.locator('.failure', { hasText: 'was removed at' }).waitFor()
  })

  it('opens an event before its body has come', async () => {
    let letGo = () => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const id = await publish()
    const page = await open(`event=${id}`, (page) =>
      page.route('**/api/v1/events/*/body', async (route) => {
        await held
        await route.continue()
      }),
    )
    await sheetOf(page).getByText('Loading…').waitFor()
    letGo()
    await sheetOf(page).getByText('"of": "a test"').waitFor()
  })

  it('says that no endpoint asked for an event only once its deliveries have been made', async () => {
    const { json } = await source.post(JSON.stringify({ action: 'opened' }), { event: 'issues' })
    const [id] = json.eventIds
    await eventually('the fan-out', async () => {
      const { events } = (await trunkline.api.get(`/requests/${json.requestId}`)).json
      return events[0].isFannedOut === true
    })
    const page = await open(`event=${id}`, (page) =>
      page.route('**/api/v1/requests/*', async (route) => {
        const response = await route.fetch()
        const text = (await response.text()).replaceAll('"isFannedOut":true', '"isFannedOut":false')
        await route.fulfill({ response, body: text })
      }),
    )
    await sheetOf(page).getByText('It is not handed on yet.').waitFor()
    await page.unroute('**/api/v1/requests/*')
    await sheetOf(page).getByText('It went to no endpoint: none asked for it.').waitFor()
  })

  it('says while all deliveries are paused that they are', async () => {
    const page = await open()
    await trunkline.api.post('/deliveries/pause')
    await page.getByText('nothing is sent until they are resumed').waitFor()
    await trunkline.api.post('/deliveries/resume')
    await page.getByText('nothing is sent until they are resumed').waitFor({ state: 'detached' })
  })

  it('says nothing of a pause to a key that may not know, and asks once', async () => {
    const { key } = (await trunkline.api.post('/keys', { name: 'of events', scopes: ['events.read'] })).json
    const answers: number[] = []
    await trunkline.api.post('/deliveries/pause')
    const page = await open(
      '',
      async (page) => {
        page.on('response', (response) => {
          if (response.url().endsWith('/deliveries/pause')) answers.push(response.status())
        })
      },
      key,
    )
    const asked = () => page.waitForResponse('**/api/v1/deliveries?*')
    await asked()
    await asked()
    expect(await page.locator('.paused-line').count()).toBe(0)
    expect(answers).toEqual([403])
    await trunkline.api.post('/deliveries/resume')
  })

  it('says in an endpoint’s sheet that its 429 is heeded, and until when', async () => {
    receiver.answer(status(429, { 'retry-after': '300' }))
    const [, sheet] = await openEndpoint()
    expect(await sheet.getByText('It has answered 429').count()).toBe(0)
    await publish()
    await sheet.getByText(/^It has answered 429, and is called again in [45] min\.$/).waitFor()
  })
})
