import { element, fill } from './parts/element.ts'
import { type Place, type View, views, writePlace } from './route.ts'

const titles: Readonly<Record<View, string>> = { live: 'Live', requests: 'Requests', parked: 'Parked', jobs: 'Jobs' }

/** What is said behind a title. */
export type Counts = { readonly [Name in View]?: string | undefined }

/** The links from one part of the page to the others. */
export function viewLinks(nav: HTMLElement): { show(place: Place, counts: Counts): void } {
  let shown = ''
  return {
    show(place, counts) {
      const current = place.view ?? 'live'
      const text = JSON.stringify([current, place.source, counts])
      if (text === shown) return
      shown = text
      const hadFocus = nav.contains(document.activeElement)
      fill(
        nav,
        views.map((view) =>
          element(
            'a',
            { href: linkTo(view, place), ...(view === current ? { 'aria-current': 'page' } : {}) },
            titles[view],
            counts[view] !== undefined && [' ', element('span', { class: 'count' }, counts[view])],
          ),
        ),
      )
      if (hadFocus) nav.querySelector<HTMLElement>('[aria-current]')?.focus()
      document.title = current === 'live' ? 'Trunkline' : `${titles[current]} – Trunkline`
    },
  }
}

/** The source stays chosen: events and requests both have one. */
function linkTo(view: View, { source }: Place): string {
  return writePlace({ ...(view === 'live' ? {} : { view }), ...(source === undefined ? {} : { source }) })
}
