/** What a filter means, read off its rules as plainly as possible: what the real one is compared with. */
export function naively(filter: unknown, event: Record<string, unknown>): boolean {
  return holds(filter, [event])
}

/** Whether a condition holds of what stands at a place: no value, one, or several when an array lies on the way. */
function holds(condition: unknown, values: readonly unknown[]): boolean {
  if (Array.isArray(condition)) return condition.every((each) => operators.$contains?.(each, values))
  if (!isObject(condition)) return operators.$eq?.(condition, values) ?? false
  return Object.entries(condition).every(([name, operand]) => {
    if (!name.startsWith('$')) return holds(operand, name.split(/(?<!\\)\./).reduce(into, values))
    const operator = operators[name]
    if (!operator) throw new Error(`there is no operator ${name}`)
    return operator(operand, values)
  })
}

function into(values: readonly unknown[], escaped: string): unknown[] {
  const name = escaped.replaceAll('\\.', '.').replaceAll('\\\\', '\\')
  return values.flatMap((value) => {
    if (Array.isArray(value) && !/^\d+$/.test(name)) return value.filter(isObject).flatMap((each) => own(each, name))
    return own(value, name)
  })
}

const own = (value: unknown, name: string): unknown[] =>
  typeof value === 'object' && value !== null && Object.keys(value).includes(name) ? [Reflect.get(value, name)] : []

/** The values, and the elements of those that are arrays. */
const withElements = (values: readonly unknown[]) =>
  values.flatMap((value) => (Array.isArray(value) ? [value, ...value] : [value]))

const same = (one: unknown, other: unknown): boolean => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, each]) => ({ name, each: sorted(each) }))
    .concat({ name: 'an object', each: null })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function compare(value: unknown, operand: unknown): number {
  if (typeof value === 'number' && typeof operand === 'number') return value - operand
  if (typeof value === 'string' && typeof operand === 'string') return value < operand ? -1 : value > operand ? 1 : 0
  return Number.NaN
}

const operators: Record<string, (operand: unknown, values: readonly unknown[]) => boolean> = {
  $eq: (operand, values) => withElements(values).some((value) => same(value, operand)),
  $ne: (operand, values) => !withElements(values).some((value) => same(value, operand)),
  $in: (operand, values) => withElements(values).some((value) => (operand as unknown[]).some((o) => same(value, o))),
  $nin: (operand, values) => !withElements(values).some((value) => (operand as unknown[]).some((o) => same(value, o))),
  $gt: (operand, values) => withElements(values).some((value) => compare(value, operand) > 0),
  $gte: (operand, values) => withElements(values).some((value) => compare(value, operand) >= 0),
  $lt: (operand, values) => withElements(values).some((value) => compare(value, operand) < 0),
  $lte: (operand, values) => withElements(values).some((value) => compare(value, operand) <= 0),
  $exists: (operand, values) => values.length > 0 === operand,
  $startsWith: (operand, values) =>
    withElements(values).some((value) => typeof value === 'string' && value.startsWith(String(operand))),
  $endsWith: (operand, values) =>
    withElements(values).some((value) => typeof value === 'string' && value.endsWith(String(operand))),
  $contains: (operand, values) =>
    values.some((value) =>
      Array.isArray(value)
        ? value.some((each) => same(each, operand))
        : typeof value === 'string' && typeof operand === 'string' && value.includes(operand),
    ),
  $and: (operand, values) => (operand as unknown[]).every((each) => holds(each, values)),
  $or: (operand, values) => (operand as unknown[]).some((each) => holds(each, values)),
  $not: (operand, values) => !holds(operand, values),
}
