import { hexListing, looseText, sizeOf, textOf } from './bytes.ts'
import { copyButton } from './copy.ts'
import { type Content, element, fill } from './element.ts'
import { indentJson } from './json-text.ts'
import { visible } from './visible.ts'

/** A body from the network. */
export interface Body {
  /** How it begins, or all of it. */
  beginning: Blob
  /** How many bytes it has in all. */
  size: number
  /** The server takes it for no text. Left out, the bytes decide. */
  isBinary?: boolean
  /** Fetches all of it; left out where the beginning is all there is to be had. */
  whole?(): Promise<Blob>
}

/** The ways to look at a body. */
type Look = 'Indented' | 'As sent' | 'Bytes'

/** Only so many bytes are shown at first, and twice as many each time that more is asked for. */
const firstBytes = { text: 64 * 1024, listing: 4 * 1024 }
/** More than that makes the page slow and is read by nobody. */
const mostBytes = { text: 1024 * 1024, listing: 64 * 1024 }
/** Indenting takes time, and JSON that is cut off cannot be. */
const mostIndented = 128 * 1024

/**
 * Shows a body: JSON indented, other text as it was sent with all its characters to be seen, anything else as bytes; each
 * also in the other ways. However large it is, only a part of it stands on the page.
 */
export async function payload(body: Body): Promise<HTMLElement> {
  if (body.size === 0) return element('p', { class: 'words' }, 'There is no body.')
  let blob = body.beginning
  if (blob.size < body.size && body.size <= mostIndented && body.whole) blob = await body.whole()
  const isWhole = blob.size >= body.size
  const bytes = await bytesOf(blob, mostIndented)
  const text = textOf(bytes, blob.size <= mostIndented && isWhole)
  const indented = isWhole && blob.size <= mostIndented && text !== undefined ? indentJson(text) : undefined
  const looks: Look[] = [...(indented === undefined ? [] : (['Indented'] as const)), 'As sent', 'Bytes']
  const area = element('div', { class: 'body-area' })
  const choice = element('div', { class: 'looks', role: 'group', 'aria-label': 'How the body is shown' })
  const copied = text !== undefined && isWhole && blob.size <= mostIndented && copyButton(text, 'the body')
  const growing = async (look: Exclude<Look, 'Indented'>): Promise<Content> =>
    part(look, text !== undefined && body.isBinary !== true, body, blob)
  const show = async (look: Look) => {
    for (const button of choice.children) button.setAttribute('aria-pressed', String(button.textContent === look))
    fill(area, look === 'Indented' ? [pre(visible(indented ?? ''), 'text'), size(body.size)] : await growing(look))
  }
  fill(
    choice,
    looks.map((look) => element('button', { type: 'button', class: 'quiet', click: () => void show(look) }, look)),
  )
  const isText = text !== undefined && body.isBinary !== true
  await show(indented !== undefined ? 'Indented' : isText ? 'As sent' : 'Bytes')
  return element('div', { class: 'payload' }, element('div', { class: 'payload-tools' }, choice, copied), area)
}

/** The beginning of a body in one way, with a button that shows more of it for as long as there is more to show. */
async function part(look: 'As sent' | 'Bytes', isText: boolean, body: Body, beginning: Blob): Promise<Content> {
  const kind = look === 'Bytes' ? 'listing' : 'text'
  const shown = element('pre', { class: look === 'Bytes' ? 'hex' : 'text', tabindex: '0' })
  const words = element('p', { class: 'words size' })
  const more = element('button', { type: 'button' }, 'Show more')
  let blob = beginning
  let count = firstBytes[kind]
  const draw = async () => {
    const bytes = await bytesOf(blob, count)
    shown.textContent = kind === 'listing' ? hexListing(bytes) : visible(looseText(bytes, bytes.length >= body.size))
    const isAll = bytes.length >= body.size
    const canGrow = !isAll && count < mostBytes[kind] && (bytes.length < blob.size || body.whole !== undefined)
    words.textContent = sizeWords(body.size, isText, isAll ? undefined : bytes.length, canGrow)
    more.hidden = !canGrow
  }
  more.addEventListener('click', async () => {
    more.disabled = true
    try {
      if (blob.size < Math.min(count * 2, body.size) && body.whole) blob = await body.whole()
      count *= 2
      await draw()
    } catch (error) {
      words.textContent = (error as Error).message
    }
    more.disabled = false
  })
  await draw()
  return [shown, words, more]
}

const bytesOf = async (blob: Blob, most: number): Promise<Uint8Array> =>
  new Uint8Array(await blob.slice(0, most).arrayBuffer())

const pre = (text: string, kind: string): HTMLElement => element('pre', { class: kind, tabindex: '0' }, text)

const size = (bytes: number): HTMLElement => element('p', { class: 'words size' }, `${sizeOf(bytes)}.`)

function sizeWords(size: number, isText: boolean, shown: number | undefined, canGrow: boolean): string {
  const all = isText ? sizeOf(size) : `${sizeOf(size)}, binary: not UTF-8 text`
  if (shown === undefined) return `${all}.`
  return `${all}; the first ${sizeOf(shown)} are shown${canGrow ? '' : ', a download has the rest'}.`
}
