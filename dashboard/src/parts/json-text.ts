/**
 * JSON text with line breaks and indentation, every value spelled as it was: parsing and writing it anew would change
 * big numbers and drop repeated keys. Undefined when the text is no JSON.
 */
export function indentJson(text: string): string | undefined {
  try {
    JSON.parse(text)
  } catch {
    return undefined
  }
  let out = ''
  let depth = 0
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? []
  tokens.forEach((token, i) => {
    const isEmpty = (token === '{' && tokens[i + 1] === '}') || (token === '[' && tokens[i + 1] === ']')
    const wasEmpty = (token === '}' && tokens[i - 1] === '{') || (token === ']' && tokens[i - 1] === '[')
    if (token === '{' || token === '[') {
      depth++
      out += isEmpty ? token : token + line(depth)
    } else if (token === '}' || token === ']') {
      depth--
      out += wasEmpty ? token : line(depth) + token
    } else if (token === ',') out += token + line(depth)
    else out += token === ':' ? ': ' : token
  })
  return out
}

const line = (depth: number): string => `\n${'  '.repeat(depth)}`
