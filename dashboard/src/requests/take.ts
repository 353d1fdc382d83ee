import { actionButton } from '../parts/action.ts'
import { copy } from '../parts/copy.ts'
import { element } from '../parts/element.ts'

/** What a request is taken away as. */
export interface TakeNeeds {
  id: string
  /** The ending of the file's name, by what the bytes are: never by what the sender calls them. */
  ending: string
  body(): Promise<Blob>
  curl(): Promise<string>
}

/** Buttons that take a request away: as a command that sends it again, and as the file of its body. */
export function takeButtons({ id, ending, body, curl }: TakeNeeds): HTMLElement {
  return element(
    'div',
    { class: 'actions' },
    actionButton({
      label: 'Copy as curl',
      async run() {
        if (!(await copy(await curl()))) throw new Error('The browser does not let this page copy.')
        return 'Copied'
      },
    }),
    actionButton({
      label: 'Download body',
      run: async () => save(await body(), `${id}.${ending}`),
    }),
  )
}

/** The key goes in a header, so no link can fetch it: the bytes are fetched here and given to the browser as a file. */
function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  element('a', { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
