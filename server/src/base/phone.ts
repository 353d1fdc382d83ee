/** What numbers are written with. One class of characters, so that it is found in one go. */
const run = /[\p{Nd}+().\-/ \t\u00A0\u2009\u2010\u2011\u202F]+/gu

/**
 * Masks what is like a phone number, down to its last digits: `+49 170 1234567` is `…4567`. Dates, IPv4 addresses,
 * decimal fractions and milliseconds since 1970 stay, and so do short numbers, and bare ones of more than so many digits.
 */
export function maskNumbers(text: string, longestNumber: number): string {
  return text.replace(run, (found) => (found.length < fewestDigits ? found : maskRun(found, longestNumber)))
}

/** No number that can be called from abroad has fewer. */
const fewestDigits = 7

/** A number in groups, with blanks between, is not longer. */
const longestTogether = 40

/** Numbers that stand next to each other, with blanks between, may be one; a date among them is not part of it. */
function maskRun(found: string, longestNumber: number): string {
  let masked = ''
  let together = ''
  const settle = (rest: string) => {
    masked += maskNumber(together, longestNumber) + rest
    together = ''
  }
  for (const part of found.match(/\s+|\S+/g) ?? []) {
    if (isOther(part)) settle(part)
    else {
      if (part.startsWith('+') || together.length + part.length > longestTogether) settle('')
      together += part
    }
  }
  settle('')
  return masked
}

/** Dates, IPv4 addresses, fractions. */
function isOther(part: string): boolean {
  return (
    part.length <= 20 &&
    (/^\(?(19|20)\d\d-\d\d(-\d\d)?[).]*$/.test(part) ||
      /^\(?(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}[).]*$/.test(part) ||
      /^\(?-?(0|[1-9]\d*)\.\d+[).]*$/.test(part))
  )
}

function maskNumber(text: string, longestNumber: number): string {
  const number = digitsOf(text)
  if (!number || !isPhone(text, number, longestNumber)) return text
  const end = number.last + ((text.codePointAt(number.last) ?? 0) > 0xffff ? 2 : 1)
  const digits = text.slice(number.first, end).replaceAll(/\P{Nd}+/gu, '')
  const shown = [...digits.slice(-8)].slice(number.count >= 10 ? -4 : -2).join('')
  return `${text.slice(0, beginOfNumber(text, number))}…${shown}${text.slice(end)}`
}

/** Where the digits of a text are, and how many. */
interface Digits {
  count: number
  first: number
  last: number
}

function digitsOf(text: string): Digits | undefined {
  let found: Digits | undefined
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i) ?? 0
    const isDigit = code < 128 ? code >= 48 && code <= 57 : /\p{Nd}/u.test(String.fromCodePoint(code))
    if (!isDigit) continue
    found ??= { count: 0, first: i, last: i }
    found.count++
    found.last = i
    if (code > 0xffff) i++
  }
  return found
}

/** The `+` before a number is part of it, and so is a bracket that closes within it. */
function beginOfNumber(text: string, { first, last }: Digits): number {
  const before = text.charAt(first - 1)
  return before === '+' || (before === '(' && text.slice(first, last).includes(')')) ? first - 1 : first
}

function isPhone(text: string, { count, first, last }: Digits, longestNumber: number): boolean {
  if (count < fewestDigits) return false
  if (text.charAt(first - 1) === '+') return true
  const number = text.slice(first, last + 1)
  const isHome = number.startsWith('0') || text.charAt(first - 1) === '('
  if (number.length > count) {
    // Only at home is a slash part of a number; elsewhere it parts the steps of a path, which has no blanks.
    const isPath = !isHome && number.includes('/') && !/\s/.test(number)
    return !isPath && count >= (isHome ? fewestDigits : 9)
  }
  if (isHome) return count >= 8 && count <= longestNumber && !/^0+$/.test(number)
  // Milliseconds since 1970; no phone number of 13 digits begins with 1.
  if (count === 13 && number.startsWith('1')) return false
  return count >= 10 && count <= longestNumber
}
