import { element, fill } from '../parts/element.ts'
import { type Place, statuses, writePlace } from '../route.ts'

/** Links that show only deliveries in one state. */
export function statusFilter(): { node: HTMLElement; show(place: Place): void } {
  const node = element('nav', { class: 'filter', 'aria-label': 'Deliveries by status' })
  let shown = ''
  return {
    node,
    show(place) {
      const text = JSON.stringify(place)
      if (text === shown) return
      shown = text
      const { status: current, ...rest } = place
      const link = (label: string, to: Place, isCurrent: boolean) =>
        element('a', { href: writePlace(to), ...(isCurrent ? { 'aria-current': 'true' } : {}) }, label)
      const focused = node.contains(document.activeElement)
      fill(
        node,
        link('all', rest, current === undefined),
        ...statuses.map((status) => link(status, { ...rest, status }, status === current)),
      )
      if (focused) node.querySelector<HTMLElement>('[aria-current]')?.focus()
    },
  }
}
