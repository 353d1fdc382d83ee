import { element } from './element.ts'

/** Something that took a while, within something longer. */
export interface Span {
  label: string
  fromMs: number
  toMs: number
  words: string
}

const svg = 'http://www.w3.org/2000/svg'
/** A bar of what took next to nothing can still be seen. */
const least = 0.8

/** Spans one below the other, each with a bar where it lies between the beginning and the end of all. The words say it too. */
export function bars(spans: readonly Span[]): HTMLElement {
  const endMs = Math.max(...spans.map(({ toMs }) => toMs), 0)
  const share = (ms: number) => (endMs === 0 ? 0 : (Math.max(0, ms) / endMs) * 100)
  return element(
    'ol',
    { class: 'bars' },
    spans.map(({ label, fromMs, toMs, words }) => {
      const width = Math.max(least, share(toMs) - share(fromMs))
      return element(
        'li',
        {},
        element('span', { class: 'bar-label' }, label),
        bar(Math.min(share(fromMs), 100 - width), width),
        element('span', { class: 'bar-words' }, words),
      )
    }),
  )
}

function bar(x: number, width: number): SVGElement {
  const chart = document.createElementNS(svg, 'svg')
  // Attributes, because the page's policy allows no styles but those of its own files.
  for (const [name, value] of Object.entries({
    viewBox: '0 0 100 8',
    preserveAspectRatio: 'none',
    'aria-hidden': 'true',
  }))
    chart.setAttribute(name, value)
  const rect = document.createElementNS(svg, 'rect')
  for (const [name, value] of Object.entries({ x, y: 0, width, height: 8 })) rect.setAttribute(name, value.toFixed(2))
  chart.append(rect)
  return chart
}
