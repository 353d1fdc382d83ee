import { element } from './element.ts'

/** How long the button says that it has copied. */
const saidMs = 1600

/** A button that copies a text. */
export function copyButton(text: string, what: string): HTMLButtonElement {
  const button = element('button', { type: 'button', class: 'quiet', 'aria-label': `Copy ${what}` }, 'Copy')
  button.addEventListener('click', async () => {
    button.textContent = (await copy(text)) ? 'Copied' : 'Not copied'
    setTimeout(() => {
      button.textContent = 'Copy'
    }, saidMs)
  })
  return button
}

/** Lines to run, with a button that copies them. */
export function commandLines(lines: string, what: string): HTMLElement {
  return element('div', { class: 'command' }, element('pre', { tabindex: '0' }, lines), copyButton(lines, what))
}

/** The clipboard is only given to pages of https and of this machine; elsewhere the old way still works. */
export async function copy(text: string): Promise<boolean> {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text)
      return true
    }
  } catch {
    // Not allowed: the old way may be.
  }
  const field = element('textarea', { class: 'unseen', 'aria-hidden': 'true' })
  field.value = text
  // Inside an open dialog everything else is inert, the rest of the page included.
  const place = document.querySelector('dialog[open]') ?? document.body
  place.append(field)
  field.select()
  const isCopied = document.execCommand('copy')
  field.remove()
  return isCopied
}
