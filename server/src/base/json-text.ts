/**
 * The text of a member of a JSON object, cut out of the object's own text: `memberText('{"a":1,"data":1.0}', 'data')` is
 * `1.0`. Reading and writing it anew would round numbers beyond 2^53 and drop repeated keys. Of a repeated member the
 * last one counts, as in `JSON.parse`. The text must be a valid JSON object; undefined when it has no such member.
 */
export function memberText(object: string, name: string): string | undefined {
  let found: string | undefined
  eachMember(object, (key, begin, end) => {
    if (key === name) found = object.slice(begin, end)
  })
  return found
}

/** A JSON object with another text in the place of a member's value, everywhere where it has that member; the rest to the letter. */
export function withMember(object: string, name: string, text: string): string {
  let written = ''
  let at = 0
  eachMember(object, (key, begin, end) => {
    if (key !== name) return
    written += object.slice(at, begin) + text
    at = end
  })
  return written + object.slice(at)
}

/** The texts of all members of a JSON object by their names, as `memberText` gives them, in one pass. */
export function memberTexts(object: string): Map<string, string> {
  const texts = new Map<string, string>()
  eachMember(object, (key, begin, end) => texts.set(key, object.slice(begin, end)))
  return texts
}

/** The texts of the items of a JSON array, cut out of its own text, which must be valid: `itemTexts('[1.0, {}]')` is `['1.0', '{}']`. */
export function itemTexts(array: string): string[] {
  const texts: string[] = []
  let at = skipSpace(array, skipSpace(array, 0) + 1)
  while (at < array.length && array[at] !== ']') {
    const end = endOfValue(array, at)
    texts.push(array.slice(at, end))
    at = skipSpace(array, end)
    if (array[at] === ',') at = skipSpace(array, at + 1)
  }
  return texts
}

function eachMember(object: string, take: (key: string, begin: number, end: number) => void): void {
  let at = skipSpace(object, skipSpace(object, 0) + 1)
  while (at < object.length && object[at] !== '}') {
    const keyEnd = endOfString(object, at)
    const begin = skipSpace(object, skipSpace(object, keyEnd) + 1)
    const end = endOfValue(object, begin)
    take(nameIn(object.slice(at, keyEnd)), begin, end)
    at = skipSpace(object, end)
    if (object[at] === ',') at = skipSpace(object, at + 1)
  }
}

// Most names have no escape; reading each as a JSON text of its own would take most of the time.
function nameIn(key: string): string {
  return key.includes('\\') ? (JSON.parse(key) as string) : key.slice(1, -1)
}

function skipSpace(text: string, at: number): number {
  let next = at
  while (text[next] === ' ' || text[next] === '\n' || text[next] === '\r' || text[next] === '\t') next++
  return next
}

/** The place after the string that begins here. */
function endOfString(text: string, at: number): number {
  let next = at + 1
  while (next < text.length && text[next] !== '"') next += text[next] === '\\' ? 2 : 1
  return next + 1
}

/** The place after the value that begins here. Depth is counted, not recursed into: a sender may nest as deep as it likes. */
function endOfValue(text: string, at: number): number {
  let depth = 0
  let next = at
  while (next < text.length) {
    const character = text[next]
    if (character === '"') {
      next = endOfString(text, next)
      if (depth === 0) return next
      continue
    }
    if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') {
      if (depth === 0) return trimEnd(text, at, next)
      depth--
      if (depth === 0) return next + 1
    } else if (character === ',' && depth === 0) return trimEnd(text, at, next)
    next++
  }
  return trimEnd(text, at, next)
}

function trimEnd(text: string, from: number, to: number): number {
  let end = to
  while (end > from && /\s/.test(text[end - 1] ?? '')) end--
  return end
}
