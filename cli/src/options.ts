import { parseArgs } from 'node:util'

/** An option of a command. */
export interface Option {
  /** What its value is called in the help; an option without one is a switch. */
  value?: string
  /** It may be given several times. */
  isRepeated?: true
  help: string
}

export type Options = Readonly<Record<string, Option>>

/** What was given: text for options with a value, a list of it for repeated ones, true for switches, nothing for what was left out. */
export type Values<Given extends Options> = {
  [Name in keyof Given]?: Given[Name] extends { isRepeated: true }
    ? readonly string[]
    : Given[Name] extends { value: string }
      ? string
      : true
}

/** The command line cannot be understood; the message says why, and never repeats a value, which may be a secret. */
export class Misuse extends Error {}

/**
 * Splits the words behind a command's name into options and operands; an operand in brackets may be left out. Throws a
 * `Misuse`.
 */
export function readOptions(
  words: readonly string[],
  options: Options,
  operandNames: readonly string[],
): { values: Given; operands: string[] } {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, { value }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  const { tokens } = parseArgs({
    args: [...words],
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const values: Given = {}
  const operands: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName, value, inlineValue } = token
    const option = Object.hasOwn(options, name) ? options[name] : undefined
    if (!option) throw new Misuse(`there is no option ${rawName}${suggestion(name, Object.keys(options))}`)
    if (values[name] !== undefined && !option.isRepeated) throw new Misuse(`${rawName} is given twice`)
    if (option.value === undefined && value !== undefined) throw new Misuse(`${rawName} is a switch and takes no value`)
    // `--secret --url …` is a forgotten value, not a secret that begins with a dash; `--secret=--url` would be one.
    if (option.value !== undefined && (value === undefined || (!inlineValue && value.startsWith('-') && value !== '-')))
      throw new Misuse(`${rawName} needs a value: ${rawName} ${option.value}`)
    values[name] = option.isRepeated ? [...listed(values[name]), value ?? ''] : (value ?? true)
  }
  const missing = operandNames[operands.length]
  if (missing !== undefined && !missing.startsWith('[')) throw new Misuse(`${missing} is missing`)
  if (operands.length > operandNames.length) {
    const expected = operandNames.length === 0 ? 'options only' : operandNames.join(' ')
    throw new Misuse(`it takes ${expected}, and ${operands.length} words without a "--" were given`)
  }
  return { values, operands }
}

type Given = Record<string, string | true | readonly string[]>

const listed = (given: Given[string] | undefined): readonly string[] => (typeof given === 'object' ? given : [])

/** The value of an option that must be there, or the environment variable that stands in for it. */
export function needed(
  given: string | undefined,
  option: string,
  standIn?: { name: string; value: string | undefined },
): string {
  const value = given ?? (standIn?.value?.trim() || undefined)
  if (value !== undefined) return value
  throw new Misuse(`${option} is missing${standIn ? `; the environment variable ${standIn.name} does as well` : ''}`)
}

/** A whole number within bounds. */
export function wholeNumber(
  given: string | undefined,
  option: string,
  otherwise: number,
  least: number,
  most: number,
): number {
  if (given === undefined) return otherwise
  const number = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN
  if (number >= least && number <= most) return number
  throw new Misuse(`${option} must be a whole number from ${least} to ${most}`)
}

/** An http or https URL. What was given is not repeated: it may hold a key. */
export function httpUrl(given: string, option: string): URL {
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new Misuse(`${option} must be a URL that begins with http:// or https://`)
  if (url.username !== '' || url.password !== '') throw new Misuse(`${option} must hold no user name or password`)
  return url
}

function suggestion(name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  return near === undefined ? '' : `; did you mean --${near}?`
}

/** The known word that a mistyped one most likely stands for. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((each) => ({ each, distance: distance(word, each) }))
    .filter(({ each, distance }) => distance <= Math.floor(each.length / 2))
    .sort((a, b) => a.distance - b.distance)
  return ranked[0]?.each
}

/** How many letters must be added, dropped or changed to make one word of the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change))
    }
    row = next
  }
  return row[to.length] ?? 0
}
