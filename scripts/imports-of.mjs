// @ts-check
import { blank } from './blank.mjs'

/** @typedef {{ specifier: string, line: number, isType: boolean }} Import */

/** In blanked code, each with the place of the quote in its last character. */
const forms = [
  // import a, { b } from '…' · import type { A } from '…'
  { form: /(?<![.\w$#])import\s+(type\s(?!\s*from\s*['"]))?[\w$*{}\s,]*?\bfrom\s*['"]/g, isDynamic: false },
  { form: /(?<![.\w$#])import\s*(type\s*)?\{[^}]*\}\s*from\s*['"]/g, isDynamic: false },
  // import '…'
  { form: /(?<![.\w$#])import\s*()['"]/g, isDynamic: false },
  // export * from '…' · export { a } from '…' · export type { A } from '…'
  {
    form: /(?<![.\w$#])export\s*(type\s*)?(?:\*(?:\s*as\s+[\w$]+)?|\{[^}]*\})\s*from\s*['"]/g,
    isDynamic: false,
  },
  // import('…') · typeof import('…') · require('…')
  { form: /(?<![.\w$#])(?:import|require)\s*\(\s*['"`]/g, isDynamic: true },
]

/**
 * Every import and re-export of a file, with its line. An import is of types when the whole statement is: a single value
 * among types makes the file run.
 * @param {string} source
 * @param {string} [code] the source, blanked
 * @returns {Import[]}
 */
export function importsOf(source, code = blank(source)) {
  /** @type {Map<number, Import>} */
  const found = new Map()
  for (const { form, isDynamic } of forms) {
    for (const match of code.matchAll(form)) {
      const quote = match.index + match[0].length - 1
      const end = code.indexOf(code.charAt(quote), quote + 1)
      const specifier = source.slice(quote + 1, end)
      const isType = isDynamic ? isTypePlace(code.slice(0, match.index)) : Boolean(match[1])
      found.set(quote, { specifier, line: lineOf(source, match.index), isType })
    }
  }
  return [...found.entries()].sort(([a], [b]) => a - b).map(([, each]) => each)
}

/** @param {string} source @param {number} at */
export function lineOf(source, at) {
  return source.slice(0, at).split('\n').length
}

/** `typeof import('…')` and `x: import('…').Name` are erased; all other dynamic imports run. @param {string} before */
function isTypePlace(before) {
  return /(\btypeof|[:<|&])\s*$/.test(before)
}
