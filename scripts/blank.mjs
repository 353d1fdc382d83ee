// @ts-check

/** After one of these words a slash begins a regular expression, not a division. */
const beforeExpression = new Set(
  'return typeof instanceof in of new delete void throw case do else yield await'.split(' '),
)

/**
 * The same code with the contents of comments, strings and regular expressions as blanks, so that a search finds code
 * only. Every character keeps its place; quotes stay.
 * @param {string} source JavaScript or TypeScript
 * @returns {string}
 */
export function blank(source) {
  const out = source.split('')
  /** How many braces are open in each `${…}` that is being read. @type {number[]} */
  const inserts = []
  /** The last thing of meaning: decides what a slash is. */
  let before = ''
  let at = 0

  while (at < source.length) {
    const char = source.charAt(at)
    const two = source.slice(at, at + 2)
    if (two === '//' || (at === 0 && two === '#!')) erase(at, endOf('\n', at))
    else if (two === '/*') erase(at, endOf('*/', at + 2) + 2)
    else if (char === "'" || char === '"') quoted(char)
    else if (char === '`') template()
    else if (char === '/' && isExpressionNext()) expression()
    else if (char === '}' && inserts.at(-1) === 0) {
      inserts.pop()
      template()
    } else plain(char)
  }
  return out.join('')

  /** @param {string} char */
  function plain(char) {
    const word = /[\w$]/.test(char) ? (/^[\w$]+/.exec(source.slice(at, at + 80))?.[0] ?? char) : char
    const last = inserts.length - 1
    if (last >= 0 && char === '{') inserts[last] = (inserts[last] ?? 0) + 1
    if (last >= 0 && char === '}') inserts[last] = (inserts[last] ?? 0) - 1
    if (word.trim() !== '') before = word
    at += word.length
  }

  /** @param {string} quote */
  function quoted(quote) {
    let end = at + 1
    while (end < source.length && source[end] !== quote && source[end] !== '\n') end += source[end] === '\\' ? 2 : 1
    erase(at + 1, end)
    at = end + (source[end] === quote ? 1 : 0)
    before = quote
  }

  /** From the opening backtick, or from the brace that ends an insert, to the next insert or the closing backtick. */
  function template() {
    let end = at + 1
    while (end < source.length && source[end] !== '`' && source.slice(end, end + 2) !== '${') {
      end += source[end] === '\\' ? 2 : 1
    }
    erase(at + 1, end)
    const isInsert = source[end] === '$'
    if (isInsert) inserts.push(0)
    at = end + (isInsert ? 2 : 1)
    before = isInsert ? '{' : '`'
  }

  function expression() {
    let end = at + 1
    let isInClass = false
    while (end < source.length && source[end] !== '\n' && (isInClass || source[end] !== '/')) {
      if (source[end] === '[') isInClass = true
      if (source[end] === ']') isInClass = false
      end += source[end] === '\\' ? 2 : 1
    }
    if (source[end] !== '/') return plain('/')
    erase(at + 1, end)
    at = end + 1
    before = ')'
  }

  function isExpressionNext() {
    return before === '' || beforeExpression.has(before) || /^[=([{};,:!&|?+\-*%~^<>]$/.test(before)
  }

  /** @param {string} mark @param {number} from */
  function endOf(mark, from) {
    const found = source.indexOf(mark, from)
    return found < 0 ? source.length : found
  }

  /** @param {number} from @param {number} to */
  function erase(from, to) {
    for (let i = from; i < to && i < out.length; i++) if (out[i] !== '\n') out[i] = ' '
    at = Math.max(at, to)
  }
}
