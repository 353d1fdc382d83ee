/** Text nested deeper than this would be all indentation. */
const deepest = 60

/**
 * JSON text with line breaks and indentation, every value spelled as it was: parsing and writing it anew would change
 * big numbers and drop repeated keys. Undefined when the text is no JSON, or is nested too deeply to be read.
 */
export function indentJson(text: string): string | undefined {
  if (!isJson(text)) return undefined
  const out: string[] = []
  let depth = 0
  const tokens = text.match(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? []
  for (const [i, token] of tokens.entries()) {
    if (isOpening(token)) {
      depth++
      if (depth > deepest) return undefined
      out.push(token, isClosing(tokens[i + 1]) ? '' : line(depth))
    } else if (isClosing(token)) {
      depth--
      out.push(isOpening(tokens[i - 1]) ? '' : line(depth), token)
    } else if (token === ',') out.push(token, line(depth))
    else out.push(token === ':' ? ': ' : token)
  }
  return out.join('')
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const isOpening = (token: string | undefined): boolean => token === '{' || token === '['
const isClosing = (token: string | undefined): boolean => token === '}' || token === ']'
const line = (depth: number): string => `\n${'  '.repeat(depth)}`
