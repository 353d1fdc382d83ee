import { hexListing, sizeOf, textOf } from './bytes.ts'
import { copyButton } from './copy.ts'
import { type Content, element } from './element.ts'
import { indentJson } from './json-text.ts'
import { visible } from './visible.ts'

/** A longer text makes the page slow and is read by nobody; the API has it all. */
const shownBytes = 128 * 1024
const listedBytes = 4 * 1024

/** A body from the network: JSON indented, other text as it is with all its characters to be seen, anything else as bytes. */
export async function payload(body: Blob): Promise<Content> {
  const isWhole = body.size <= shownBytes
  const bytes = new Uint8Array(await body.slice(0, shownBytes).arrayBuffer())
  const text = textOf(bytes, isWhole)
  if (text === undefined) {
    return [
      note(
        `${sizeOf(body.size)} that are not UTF-8 text`,
        body.size > listedBytes && `the first ${sizeOf(listedBytes)}`,
      ),
      element('div', { class: 'payload' }, pre(hexListing(bytes.subarray(0, listedBytes)), 'hex')),
    ]
  }
  if (text === '') return element('p', { class: 'words' }, 'There is no body.')
  const shown = visible((isWhole ? indentJson(text) : undefined) ?? text)
  return [
    element('div', { class: 'payload' }, pre(shown, 'text'), isWhole && copyButton(text, 'the payload')),
    note(sizeOf(body.size), !isWhole && `the first ${sizeOf(shownBytes)} are shown; the API has the rest`),
  ]
}

const pre = (text: string, kind: string): HTMLElement => element('pre', { class: kind, tabindex: '0' }, text)

const note = (what: string, part: string | false): HTMLElement =>
  element('p', { class: 'words size' }, part === false ? `${what}.` : `${what}; ${part}.`)
