import { element } from './element.ts'

/** How long a button says that it has done what it was asked for. */
const saidMs = 1600
/** How long a button that asks back waits for the second press. */
const askedMs = 5000

export interface Action {
  label: string
  /** What a reader of the screen is told in place of the label, which it begins with. */
  name?: string
  kind?: 'quiet' | 'main'
  /** Does it. What it throws is said beside the button; a word that it answers stands on the button for a moment. */
  run(): Promise<unknown>
  /** Asked back on the button before it is done: a second press does it. */
  question?: string
}

/** A button that does something at the server. While that is under way it cannot be pressed again. */
export function actionButton({ label, name, kind, run, question }: Action): HTMLElement {
  const fault = element('span', { class: 'failure', role: 'alert' })
  const button = element('button', { type: 'button', class: kind ?? '' }, label)
  let timer: ReturnType<typeof setTimeout> | undefined
  let isAsked = false
  let isUnderWay = false
  const say = (text: string, forMs?: number) => {
    clearTimeout(timer)
    button.textContent = text
    // What it is called says more than what stands on it, save when that is news.
    if (name !== undefined && text === label) button.setAttribute('aria-label', name)
    else button.removeAttribute('aria-label')
    if (forMs !== undefined) timer = setTimeout(rest, forMs)
  }
  const rest = () => {
    isAsked = false
    say(label)
  }
  button.addEventListener('click', async (event) => {
    // The second half of a double click is no answer: whoever made it has not read the question.
    if (isUnderWay || (event as MouseEvent).detail > 1) return
    if (question !== undefined && !isAsked) {
      isAsked = true
      return say(question, askedMs)
    }
    rest()
    // Not `disabled`, which would take the focus away from who presses it by the keyboard.
    isUnderWay = true
    button.setAttribute('aria-disabled', 'true')
    fault.textContent = ''
    try {
      const word = await run()
      if (typeof word === 'string') say(word, saidMs)
    } catch (error) {
      fault.textContent = (error as Error).message
    }
    isUnderWay = false
    button.removeAttribute('aria-disabled')
  })
  // Enter that is held down is one press: it would answer the question before anybody has read it.
  button.addEventListener('keydown', (event) => {
    if (event.repeat && event.key === 'Enter') event.preventDefault()
  })
  rest()
  return element('span', { class: 'action' }, button, fault)
}
