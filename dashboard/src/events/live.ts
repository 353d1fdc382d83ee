import type { EventHead } from '@trunkline/sdk'
import { element, fill } from '../parts/element.ts'
import { drawnInFrames } from '../parts/frame.ts'
import { type Hold, holdOf } from '../parts/hold.ts'
import { createFeed, feedRows } from './feed.ts'

export interface LiveNeeds {
  /** The list of rows, and the part of the page that it stands in. */
  list: HTMLElement
  area: HTMLElement
  /** Shows these rows, and says something below them. */
  show(events: readonly EventHead[], below: string): void
}

/** The list of events as they come. */
export interface LiveEvents {
  /** Says how it goes, and pauses it. */
  tools: HTMLElement
  add(event: EventHead): void
  fillUp(events: readonly EventHead[]): void
  /** Begins with nothing: other events are wanted. */
  clear(): void
  /** Draws the rows anew: something that they show has changed. */
  redraw(): void
  /** Whether anything has come that the server did not say of itself. */
  hasEvent(): boolean
  stop(): void
}

/** Faster than this, rows do not light up as they come: the page would only flicker. */
const calmPerSecond = 8

export function liveEvents({ list, area, show }: LiveNeeds): LiveEvents {
  const feed = createFeed()
  const words = element('span', { class: 'live-words' })
  const pause = element('button', { type: 'button', class: 'quiet', click: () => press(hold) }, 'Pause')
  const frames = drawnInFrames(draw)
  const hold = holdOf(list, area, () => {
    if (hold.isHeld() !== feed.isHeld()) feed.hold(hold.isHeld())
    frames.request()
  })
  let came = 0
  let perSecond = 0
  const counting = setInterval(() => {
    if (perSecond !== came) frames.request()
    perSecond = came
    came = 0
    list.classList.toggle('busy', perSecond > calmPerSecond)
  }, 1000)

  function press({ isHeld, toggle, release }: Hold): void {
    if (isHeld()) release()
    else toggle()
  }

  function draw(): void {
    const [waiting, isHeld] = [feed.waiting(), feed.isHeld()]
    if (!isHeld || list.childElementCount === 0) redraw()
    say(words, isHeld ? 'paused' : perSecond > 0 ? `${perSecond}/s` : '')
    say(pause, isHeld ? (waiting > 0 ? `Show ${waiting} new` : 'Go on') : 'Pause')
    list.classList.toggle('held', isHeld)
  }

  function redraw(): void {
    const shown = feed.shown()
    show(shown, shown.length < feedRows ? '' : leftOutWords(feed.leftOut()))
  }

  return {
    tools: element('div', { class: 'live' }, words, pause),
    add(event) {
      came++
      feed.add([event])
      frames.request()
    },
    fillUp(events) {
      feed.fillUp(events)
      redraw()
    },
    clear() {
      feed.clear()
      redraw()
    },
    redraw,
    hasEvent: () => feed.shown().some(({ type }) => !type.startsWith('trunkline.')),
    stop() {
      clearInterval(counting)
      frames.stop()
    },
  }
}

const leftOutWords = (count: number): string =>
  count === 0
    ? ''
    : `The newest ${feedRows} are shown; ${count.toLocaleString('en')} more came while this page was open. The API has them all.`

function say(into: HTMLElement, text: string): void {
  if (into.textContent !== text) fill(into, text)
}
