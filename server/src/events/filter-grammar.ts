/** A filter expression as it was understood. */
export type Condition =
  | { kind: 'all' | 'any'; of: readonly Condition[] }
  | { kind: 'not'; of: Condition }
  | { kind: 'test'; path: readonly string[]; test: Test }

/** What is asked of the values at a path. */
export type Test =
  | { operator: 'equals'; operand: Json }
  | { operator: 'among'; operand: readonly Json[] }
  | { operator: 'below' | 'atMost' | 'above' | 'atLeast'; operand: number | string }
  | { operator: 'exists'; operand: boolean }
  | { operator: 'startsWith' | 'endsWith'; operand: string }
  | { operator: 'contains'; operand: Json }

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** Where a filter is wrong, as a JSON pointer into it, and why. */
export interface Fault {
  at: string
  message: string
}

/** How deep a filter may be nested, and of how many parts it may consist. */
const deepest = 16
const mostNodes = 200

/** Beyond this, searching for a text in another one is no longer linear in every engine of JavaScript. */
const longestSought = 250

/** What a path may begin with. */
const roots = ['data', 'type', 'subject', 'customer', 'orderKey', 'sourceId'] as const

const operators =
  '$eq, $ne, $in, $nin, $gt, $gte, $lt, $lte, $exists, $startsWith, $endsWith, $contains, $and, $or and $not'

/** Where the reading has come to. */
interface Place {
  /** The path in the event that is asked about; empty at the top. */
  path: readonly string[]
  at: string
  depth: number
}

class Refusal extends Error {
  readonly at: string

  constructor(at: string, message: string) {
    super(message)
    this.at = at
  }
}

/** Reads a filter expression from the value of its JSON. What is too deep or too long is given up at the bound. */
export function parseExpression(value: unknown): { condition: Condition; parts: number } | { fault: Fault } {
  try {
    const reader = createReader()
    return { condition: reader.expression(value, { path: [], at: '', depth: 1 }), parts: reader.parts() }
  } catch (error) {
    if (error instanceof Refusal) return { fault: { at: error.at, message: error.message } }
    throw error
  }
}

function createReader() {
  let nodes = 0

  function count({ at, depth }: Place): void {
    nodes++
    if (nodes > mostNodes) throw new Refusal('', `has more than ${mostNodes} parts`)
    if (depth > deepest) throw new Refusal(shortened(at), `is nested more than ${deepest} deep`)
  }

  /** An object in which everything must hold. */
  function expression(value: unknown, place: Place): Condition {
    count(place)
    if (!isObject(value)) throw new Refusal(place.at, 'must be a JSON object')
    const names = Object.keys(value)
    if (names.length === 0) throw new Refusal(place.at, 'is empty: name something that must hold')
    return all(
      names.map((name) => {
        const inner = { ...place, at: below(place.at, name), depth: place.depth + 1 }
        return name.startsWith('$') ? operator(name, value[name], inner) : field(name, value[name], inner)
      }),
    )
  }

  /** What must hold at a path: an object of operators or of what lies below, an array that must be had, or a value. */
  function condition(value: unknown, place: Place): Condition {
    if (isObject(value)) return expression(value, place)
    if (!Array.isArray(value)) return test(place, { operator: 'equals', operand: operand(value, place) })
    count(place)
    if (value.length === 0) throw new Refusal(place.at, 'is an empty array: use {"$eq": []} for one that is empty')
    return all(value.map((each, i) => test(place, { operator: 'contains', operand: sought(each, step(place, i)) })))
  }

  function field(name: string, value: unknown, place: Place): Condition {
    const steps = splitPath(name)
    if (steps.includes('')) throw new Refusal(place.at, 'has an empty part; write a path such as data.amount')
    const path = [...place.path, ...steps]
    if (!roots.some((root) => root === path[0])) {
      throw new Refusal(place.at, `must begin with one of ${roots.join(', ')}, such as data.amount`)
    }
    if (path.length > 1 && path[0] !== 'data') throw new Refusal(place.at, `there is nothing below "${path[0]}"`)
    return condition(value, { ...place, path })
  }

  function operator(name: string, value: unknown, place: Place): Condition {
    switch (name) {
      case '$and':
        return { kind: 'all', of: several(value, place) }
      case '$or':
        return { kind: 'any', of: several(value, place) }
      case '$not':
        return { kind: 'not', of: part(value, place) }
    }
    if (name === '$regex') {
      throw new Refusal(
        place.at,
        '$regex is not supported, because one expression can hold up everything else: use $startsWith, $endsWith, $contains or $in',
      )
    }
    const made = testOf(name, value, place)
    if (!made) throw new Refusal(place.at, `there is no such operator; use ${operators}`)
    if (place.path.length === 0) throw new Refusal(place.at, 'needs a path around it, such as {"data.amount": {…}}')
    return made
  }

  function testOf(name: string, value: unknown, place: Place): Condition | undefined {
    switch (name) {
      case '$eq':
        return test(place, { operator: 'equals', operand: operand(value, place) })
      case '$ne':
        return not(test(place, { operator: 'equals', operand: operand(value, place) }))
      case '$in':
        return test(place, { operator: 'among', operand: list(value, place) })
      case '$nin':
        return not(test(place, { operator: 'among', operand: list(value, place) }))
      case '$gt':
        return test(place, { operator: 'above', operand: ordered(value, place) })
      case '$gte':
        return test(place, { operator: 'atLeast', operand: ordered(value, place) })
      case '$lt':
        return test(place, { operator: 'below', operand: ordered(value, place) })
      case '$lte':
        return test(place, { operator: 'atMost', operand: ordered(value, place) })
      case '$exists':
        return test(place, { operator: 'exists', operand: flag(value, place) })
      case '$startsWith':
        return test(place, { operator: 'startsWith', operand: words(value, place) })
      case '$endsWith':
        return test(place, { operator: 'endsWith', operand: words(value, place) })
      case '$contains':
        return test(place, { operator: 'contains', operand: sought(value, place) })
    }
    return undefined
  }

  /** A part of `$and`, `$or` and `$not`: at a path it may be a plain value too. */
  function part(value: unknown, place: Place): Condition {
    return place.path.length === 0 ? expression(value, place) : condition(value, place)
  }

  function several(value: unknown, place: Place): readonly Condition[] {
    return items(value, place).map((each, i) => part(each, step(place, i)))
  }

  function list(value: unknown, place: Place): readonly Json[] {
    return items(value, place).map((each, i) => operand(each, step(place, i)))
  }

  function items(value: unknown, place: Place): readonly unknown[] {
    count(place)
    if (!Array.isArray(value) || value.length === 0) throw new Refusal(place.at, 'must be an array of at least one')
    return value
  }

  /** A value to compare with, whatever it is. */
  function operand(value: unknown, place: Place): Json {
    count(place)
    if (Array.isArray(value)) return value.map((each, i) => operand(each, step(place, i)))
    if (!isObject(value)) return value as Json
    const entries = Object.entries(value)
    return Object.fromEntries(
      entries.map(([name, each]) => [
        name,
        operand(each, { ...place, at: below(place.at, name), depth: place.depth + 1 }),
      ]),
    )
  }

  function ordered(value: unknown, place: Place): number | string {
    count(place)
    if (typeof value === 'number' || typeof value === 'string') return value
    throw new Refusal(place.at, 'must be a number or a text')
  }

  function flag(value: unknown, place: Place): boolean {
    count(place)
    if (typeof value === 'boolean') return value
    throw new Refusal(place.at, 'must be true or false')
  }

  function words(value: unknown, place: Place): string {
    count(place)
    if (typeof value === 'string' && value !== '') return value
    throw new Refusal(place.at, 'must be a text of at least one character')
  }

  function sought(value: unknown, place: Place): Json {
    const wanted = operand(value, place)
    if (wanted === '') throw new Refusal(place.at, 'must be a text of at least one character')
    if (typeof wanted === 'string' && wanted.length > longestSought)
      throw new Refusal(place.at, `must be at most ${longestSought} characters`)
    return wanted
  }

  return { expression, parts: () => nodes }
}

const not = (of: Condition): Condition => ({ kind: 'not', of })
const test = ({ path }: Place, made: Test): Condition => ({ kind: 'test', path, test: made })

function all(of: readonly Condition[]): Condition {
  const [first] = of
  return first && of.length === 1 ? first : { kind: 'all', of }
}

const step = (place: Place, i: number): Place => ({ ...place, at: `${place.at}/${i}`, depth: place.depth + 1 })

/** The names in `data.a.b`; a dot that is part of a name has a backslash before it. */
function splitPath(name: string): string[] {
  const steps = ['']
  for (let i = 0; i < name.length; i++) {
    const next = name[i + 1]
    const char = name[i] ?? ''
    if (char === '.') steps.push('')
    else if (char === '\\' && (next === '.' || next === '\\')) {
      steps[steps.length - 1] += next
      i++
    } else steps[steps.length - 1] += char
  }
  return steps
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const below = (at: string, name: string): string =>
  `${at}/${name.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`

/** The beginning of a pointer that leads very deep. */
const shortened = (at: string): string => at.slice(0, 200)
