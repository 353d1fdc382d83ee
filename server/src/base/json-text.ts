/**
 * The text of a member of a JSON object, cut out of the object's own text: `memberText('{"a":1,"data":1.0}', 'data')` is
 * `1.0`. Reading and writing it anew would round numbers beyond 2^53 and drop repeated keys. Of a repeated member the
 * last one counts, as in `JSON.parse`. The text must be a valid JSON object; undefined when it has no such member.
 */
export function memberText(object: string, name: string): string | undefined {
  let found: string | undefined
  let at = skipSpace(object, skipSpace(object, 0) + 1)
  while (at < object.length && object[at] !== '}') {
    const keyEnd = endOfString(object, at)
    const key = JSON.parse(object.slice(at, keyEnd)) as string
    const begin = skipSpace(object, skipSpace(object, keyEnd) + 1)
    const end = endOfValue(object, begin)
    if (key === name) found = object.slice(begin, end)
    at = skipSpace(object, end)
    if (object[at] === ',') at = skipSpace(object, at + 1)
  }
  return found
}

/**
 * The texts of the elements of a JSON list, each cut out of the list's own text: `elementTexts('[1.0, {"a":1}]')` is
 * `['1.0', '{"a":1}']`. The text must be a valid JSON list.
 */
export function elementTexts(list: string): string[] {
  const found: string[] = []
  let at = skipSpace(list, skipSpace(list, 0) + 1)
  while (at < list.length && list[at] !== ']') {
    const end = endOfValue(list, at)
    found.push(list.slice(at, end))
    at = skipSpace(list, end)
    if (list[at] === ',') at = skipSpace(list, at + 1)
  }
  return found
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
