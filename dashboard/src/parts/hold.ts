/** Says whether a list is being looked at so closely that its rows must not move. */
export interface Hold {
  isHeld(): boolean
  /** Holds it, or lets it go, whatever the pointer does. */
  toggle(): void
  /** Lets it go, and goes back to the top. */
  release(): void
}

/**
 * A list is held from when the pointer comes over it until it leaves the area around it, which has the button to let it
 * go; while it is scrolled away from its top; and while it has the keyboard's focus.
 */
export function holdOf(list: HTMLElement, area: HTMLElement, onChange: () => void): Hold {
  let isPressed = false
  let isPointed = false
  let isScrolled = false
  let isFocused = false
  const set = (change: () => void) => () => {
    change()
    onChange()
  }
  // A finger points at nothing once it is lifted; what it does here is scrolling.
  list.addEventListener('pointerenter', ({ pointerType }) => set(() => (isPointed = pointerType === 'mouse'))())
  area.addEventListener(
    'pointerleave',
    set(() => (isPointed = false)),
  )
  list.addEventListener(
    'scroll',
    set(() => (isScrolled = list.scrollTop > 0)),
    { passive: true },
  )
  list.addEventListener(
    'focusin',
    set(() => (isFocused = list.querySelector(':focus-visible') !== null)),
  )
  list.addEventListener(
    'focusout',
    set(() => (isFocused = false)),
  )
  return {
    // A row that is taken away while it has the focus tells nobody.
    isHeld: () => isPressed || isPointed || isScrolled || (isFocused && list.contains(document.activeElement)),
    toggle: set(() => (isPressed = !isPressed)),
    release: set(() => {
      list.scrollTop = 0
      isPressed = false
      isPointed = false
      isScrolled = false
      isFocused = false
    }),
  }
}
