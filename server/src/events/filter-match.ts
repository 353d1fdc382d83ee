import type { Condition, Json, Test } from './filter-grammar.ts'

/** What a filter looks into, by the first step of its paths. */
export type Matter = Readonly<Record<string, unknown>>

type Matches = (matter: Matter) => boolean

/**
 * Makes a function of a condition. It looks at each value at most once for each test, whatever the event is like, and how
 * deep it calls itself depends on the filter alone.
 */
export function compile(condition: Condition): Matches {
  switch (condition.kind) {
    case 'all': {
      const parts = condition.of.map(compile)
      return (matter) => parts.every((matches) => matches(matter))
    }
    case 'any': {
      const parts = condition.of.map(compile)
      return (matter) => parts.some((matches) => matches(matter))
    }
    case 'not': {
      const matches = compile(condition.of)
      return (matter) => !matches(matter)
    }
    case 'test':
      return compileTest(condition.path, condition.test)
  }
}

function compileTest(path: readonly string[], test: Test): Matches {
  switch (test.operator) {
    case 'exists':
      return (matter) => someAt(matter, path, () => true) === test.operand
    case 'contains':
      return (matter) => someAt(matter, path, (value) => contains(value, test.operand))
    default: {
      const holds = predicateOf(test)
      return (matter) =>
        someAt(matter, path, (value) => holds(value) || (Array.isArray(value) && value.some((each) => holds(each))))
    }
  }
}

type OfOneValue = Exclude<Test, { operator: 'exists' | 'contains' }>

/** What is asked of the value at the path, and of each element when it is an array. */
function predicateOf(test: OfOneValue): (value: unknown) => boolean {
  switch (test.operator) {
    case 'equals':
      return (value) => isEqual(value, test.operand)
    case 'among': {
      const plain = new Set<unknown>(test.operand.filter((each) => !isComposed(each)))
      const composed = test.operand.filter(isComposed)
      return (value) => plain.has(value) || composed.some((each) => isEqual(value, each))
    }
    case 'startsWith':
      return (value) => typeof value === 'string' && value.startsWith(test.operand)
    case 'endsWith':
      return (value) => typeof value === 'string' && value.endsWith(test.operand)
    default:
      return comparing(test.operator, test.operand)
  }
}

/** Numbers are compared with numbers, texts with texts by their UTF-16 code units, and nothing else with anything. */
function comparing(
  operator: 'below' | 'atMost' | 'above' | 'atLeast',
  operand: number | string,
): (value: unknown) => boolean {
  const isKind = (value: unknown): value is number | string => typeof value === typeof operand
  switch (operator) {
    case 'below':
      return (value) => isKind(value) && value < operand
    case 'atMost':
      return (value) => isKind(value) && value <= operand
    case 'above':
      return (value) => isKind(value) && value > operand
    case 'atLeast':
      return (value) => isKind(value) && value >= operand
  }
}

/** A text has that text in it, an array has that element. */
function contains(value: unknown, wanted: Json): boolean {
  if (Array.isArray(value)) return value.some((each) => isEqual(each, wanted))
  return typeof value === 'string' && typeof wanted === 'string' && value.includes(wanted)
}

/**
 * Whether any value at a path satisfies. A step goes into an object by the name, into an array by the number, and
 * otherwise into each of its elements that is an object.
 */
function someAt(matter: Matter, path: readonly string[], satisfies: (value: unknown) => boolean): boolean {
  const [root = ''] = path
  if (!(root in matter)) return false
  // Without an array on the way there is one value; the rest waits here.
  const waiting: { value: unknown; depth: number }[] = [{ value: matter[root], depth: 1 }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    let { value, depth } = next
    for (; depth < path.length; depth++) {
      const name = path[depth] ?? ''
      if (Array.isArray(value) && !isIndex(name)) {
        for (const each of value) if (isComposed(each) && !Array.isArray(each)) waiting.push({ value: each, depth })
        break
      }
      if (!isComposed(value) || !Object.hasOwn(value, name)) break
      value = (value as Record<string, unknown>)[name]
    }
    if (depth === path.length && satisfies(value)) return true
  }
  return false
}

const isIndex = (name: string): boolean => /^(0|[1-9][0-9]{0,8})$/.test(name)

const isComposed = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Whether two values are the same JSON. It goes no deeper than the operand, which a filter bounds. */
function isEqual(value: unknown, operand: Json): boolean {
  if (!isComposed(operand)) return value === operand
  if (!isComposed(value)) return false
  if (Array.isArray(operand)) {
    return (
      Array.isArray(value) && value.length === operand.length && operand.every((each, i) => isEqual(value[i], each))
    )
  }
  if (Array.isArray(value)) return false
  const wanted = Object.entries(operand)
  const names = Object.keys(value)
  return (
    names.length === wanted.length &&
    wanted.every(
      ([name, each]) => Object.hasOwn(value, name) && isEqual((value as Record<string, unknown>)[name], each),
    )
  )
}
