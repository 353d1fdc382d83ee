import { createApi } from './api.ts'
import { ApiError } from './api-error.ts'
import { openPage } from './page.ts'
import { known } from './parts/element.ts'
import { refreshTimes } from './parts/time.ts'
import { session } from './session.ts'

const main = known('main')
const views = known('views')
const line = known('note')
const out = known('sign-out')
const form = known('sign-in') as HTMLFormElement
const field = known('key') as HTMLInputElement
const fault = known('key-fault')

let closePage: (() => void) | undefined
let isTrying = false

/** The line at the top: what keeps the page from being up to date; undefined when nothing does. */
function note(fault: string | undefined): void {
  const text = fault === undefined ? 'live' : `${fault} What is shown may be old.`
  line.classList.toggle('fault', fault !== undefined)
  // A reader of the screen reads it out whenever it is written.
  if (line.textContent !== text) line.textContent = text
}

function signOut(reason = ''): void {
  session.forget()
  closePage?.()
  closePage = undefined
  line.textContent = ''
  fault.textContent = reason
  main.hidden = true
  views.hidden = true
  out.hidden = true
  form.hidden = false
  field.value = ''
  field.focus()
}

function signIn(key: string): void {
  closePage?.()
  form.hidden = true
  main.hidden = false
  views.hidden = false
  out.hidden = false
  closePage = openPage(main, views, {
    api: createApi(key),
    note,
    onRefused: () => signOut('The server does not accept this key: it is unknown, or has been revoked.'),
  })
}

/** Tries the key before it is kept. A key that may not list sources is a key all the same. */
async function tryKey(key: string): Promise<void> {
  try {
    await createApi(key).sources()
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403) throw error
  }
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  // Sent twice, it would open two pages, one of which nothing could close.
  if (isTrying) return
  const key = field.value.trim()
  // A header takes only some characters; the browser would call anything else a broken connection.
  if (!/^osk_[0-9A-Za-z]{48}$/.test(key)) {
    fault.textContent = 'A key is “osk_” and 48 letters or digits.'
    return field.focus()
  }
  fault.textContent = ''
  isTrying = true
  try {
    await tryKey(key)
    session.keep(key)
    signIn(key)
  } catch (error) {
    fault.textContent = (error as Error).message
    field.focus()
  } finally {
    isTrying = false
  }
})
out.addEventListener('click', () => signOut())
setInterval(() => refreshTimes(Date.now()), 1000)

const key = session.key()
if (key === undefined) signOut()
else signIn(key)
