import { copyButton } from './copy.ts'
import { type Content, element } from './element.ts'
import { indentJson } from './json-text.ts'

/** A longer text makes the page slow and is read by nobody; the API has it all. */
const shownBytes = 128 * 1024

/** A body from the network as text: JSON indented, anything else as it is. */
export async function payload(body: Blob): Promise<Content> {
  const text = await body.slice(0, shownBytes).text()
  const isWhole = body.size <= shownBytes
  const shown = (isWhole ? indentJson(text) : undefined) ?? text
  return [
    element(
      'div',
      { class: 'payload' },
      element('pre', { tabindex: '0' }, shown === '' ? 'There is no body.' : shown),
      isWhole && shown !== '' && copyButton(text, 'the payload'),
    ),
    !isWhole && element('p', { class: 'words' }, `The first ${shownBytes / 1024} KiB of ${body.size} bytes.`),
  ]
}
