import type { Source } from '@trunkline/sdk'
import { element, fill } from '../parts/element.ts'
import type { Choice } from '../parts/filter.ts'
import { filtering, type Place, verdicts } from '../route.ts'
import { causeInWords, knownCauses } from './words.ts'

/** The ways to narrow the requests by what became of them, and a way back from one sender to all. */
export function requestChoices(place: Place): Choice[] {
  return [
    {
      label: 'all',
      href: filtering(place, { verdict: undefined }),
      isCurrent: place.verdict === undefined,
    },
    ...verdicts.map((verdict) => ({
      label: verdict,
      href: filtering(place, { verdict }),
      isCurrent: verdict === place.verdict,
    })),
    ...(place.sender === undefined
      ? []
      : [{ label: `from ${place.sender} ✕`, href: filtering(place, { sender: undefined }), isCurrent: true }]),
  ]
}

/** The fields that narrow the list to a source, a cause and a text. */
export interface RequestSearch {
  node: HTMLElement
  /** Shows what is chosen; a field that is being typed in is left alone. */
  show(place: Place, sources: readonly Source[]): void
}

export interface RequestSearchNeeds {
  place(): Place
  go(href: string): void
  /** The same search again. */
  again(): void
}

export function requestSearch({ place, go, again }: RequestSearchNeeds): RequestSearch {
  const choose = (name: 'source' | 'cause') => (event: Event) =>
    go(filtering(place(), { [name]: (event.target as HTMLSelectElement).value || undefined }))
  const source = element('select', { 'aria-label': 'Source', change: choose('source') })
  const cause = element('select', { 'aria-label': 'Cause', change: choose('cause') })
  const text = element('input', {
    type: 'search',
    'aria-label': 'Text in the URL, the headers or the body',
    placeholder: 'Text in URL, headers or body',
    maxlength: '200',
    autocomplete: 'off',
    spellcheck: 'false',
  })
  const submit = (event: Event) => {
    event.preventDefault()
    if ((place().text ?? '') === text.value) return again()
    go(filtering(place(), { text: text.value || undefined }))
  }
  // Emptied by its own button, the field says so by this event alone.
  text.addEventListener('search', () => {
    if (text.value === '' && place().text !== undefined) go(filtering(place(), { text: undefined }))
  })
  const search = element('button', { type: 'submit' }, 'Search')
  const node = element('form', { class: 'search', role: 'search', submit }, source, cause, text, search)
  let shown = ''
  let sought: string | undefined
  return {
    node,
    show(at, sources) {
      const state = JSON.stringify([at.source, at.cause, sources.map(({ id, name }) => [id, name])])
      if (state !== shown) {
        shown = state
        choices(
          source,
          'every source',
          at.source,
          sources.map(({ id, name }) => [id, name]),
        )
        choices(
          cause,
          'every cause',
          at.cause,
          knownCauses.map((each) => [each, causeInWords(each)]),
        )
      }
      if (at.text !== sought) text.value = at.text ?? ''
      sought = at.text
    },
  }
}

/** Fills a list of choices; what is chosen stands in it even when nobody knows it. */
function choices(
  into: HTMLSelectElement,
  all: string,
  chosen: string | undefined,
  known: readonly (readonly [value: string, label: string])[],
): void {
  const isKnown = chosen === undefined || known.some(([value]) => value === chosen)
  const listed = isKnown ? known : [...known, [chosen, chosen] as const]
  fill(
    into,
    element('option', { value: '' }, all),
    listed.map(([value, label]) => element('option', { value }, label)),
  )
  into.value = chosen ?? ''
}
