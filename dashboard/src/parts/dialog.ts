import { type Content, element, fill } from './element.ts'
import { breakable } from './words.ts'

/** The sheet that shows one thing in full. */
export interface Sheet {
  open(title: string, content: Content): void
  close(): void
  /** Takes it off the page for good. */
  remove(): void
}

/** Opens over the page; Escape, the button and a click beside it close it. The browser keeps the focus inside. */
export function sheet(onClose: () => void): Sheet {
  const heading = element('h2', { id: 'sheet-title' })
  const body = element('div', { class: 'sheet-body' })
  const shut = element('button', { type: 'button', class: 'quiet', click: () => dialog.close() }, 'Close')
  const inner = element('div', { class: 'sheet' }, element('header', {}, heading, shut), body)
  const dialog = element('dialog', { 'aria-labelledby': 'sheet-title', close: onClose }, inner)
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close()
  })
  document.body.append(dialog)
  return {
    open(title, content) {
      fill(heading, breakable(title))
      fill(body, content)
      body.scrollTop = 0
      if (!dialog.open) dialog.showModal()
      // What had the focus has made room for what it led to.
      else if (!dialog.contains(document.activeElement)) shut.focus()
    },
    close() {
      if (dialog.open) dialog.close()
    },
    remove: () => dialog.remove(),
  }
}
