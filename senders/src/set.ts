/** One change of a body: where, and the JSON text that is to stand there. */
export interface Edit {
  /** Steps joined by dots: `data.object.amount`, `commits[0].message` or `commits.0.message`; `\.` is a dot in a name. */
  path: string
  json: string
}

/** A change that the body does not allow; the message says why. */
export class UnfitEdit extends Error {
  override readonly name = 'UnfitEdit'
}

/**
 * Reads `path=value`. A value that is JSON counts as JSON, to the letter; any other is text.
 * @example readEdit('data.object.amount=4900') // { path: 'data.object.amount', json: '4900' }
 */
export function readEdit(text: string): Edit {
  const at = text.indexOf('=')
  if (at < 1) throw new UnfitEdit('a change is written path=value')
  const value = text.slice(at + 1)
  return { path: text.slice(0, at), json: isJson(value) ? value.trim() : JSON.stringify(value) }
}

/** The changes that an object of paths and values stands for. */
export function editsOf(set: Readonly<Record<string, unknown>>): Edit[] {
  return Object.entries(set).map(([path, value]) => ({ path, json: JSON.stringify(value) ?? 'null' }))
}

/**
 * The body with the changes made, one after the other. JSON keeps every number and every repeated name as it was, without
 * its white space. In a form the first step is the name of a field; further steps lead into the JSON that it holds.
 */
export function edited(body: Uint8Array, edits: readonly Edit[], contentType = 'application/json'): Uint8Array {
  if (edits.length === 0) return body
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(body)
  const change = contentType.startsWith('application/x-www-form-urlencoded') ? withField : withValue
  return new TextEncoder().encode(edits.reduce((before, { path, json }) => change(before, stepsOf(path), json), text))
}

function withField(form: string, [field = '', ...steps]: readonly string[], json: string): string {
  const fields = new URLSearchParams(form)
  const value: unknown = JSON.parse(json)
  if (steps.length > 0) fields.set(field, withValue(fields.get(field) ?? '{}', steps, json))
  else fields.set(field, typeof value === 'string' ? value : json)
  return fields.toString()
}

function withValue(text: string, steps: readonly string[], json: string): string {
  if (!isJson(text)) throw new UnfitEdit('the body is not JSON, so nothing can be set in it')
  return written(changed(read(text), steps, { kind: 'plain', text: json }, ''))
}

/** A JSON value whose leaves are the texts that they came as: read and written anew, a number beyond 2^53 would be another. */
type Value =
  | { kind: 'object'; members: (readonly [name: string, value: Value])[] }
  | { kind: 'array'; items: Value[] }
  | { kind: 'plain'; text: string }

function changed(value: Value, steps: readonly string[], leaf: Value, way: string): Value {
  const [step, ...rest] = steps
  if (step === undefined) return leaf
  const here = way === '' ? step : `${way}.${step}`
  if (value.kind === 'object') {
    const at = value.members.findLastIndex(([name]) => name === step)
    const member = [step, changed(value.members[at]?.[1] ?? nothing, rest, leaf, here)] as const
    return { kind: 'object', members: value.members.toSpliced(at < 0 ? value.members.length : at, 1, member) }
  }
  if (value.kind === 'array') {
    const at = /^\d{1,6}$/.test(step) ? Number(step) : value.items.length + 1
    if (at > value.items.length)
      throw new UnfitEdit(`${here}: ${way || 'the body'} is a list of ${value.items.length}, counted from 0`)
    return { kind: 'array', items: value.items.toSpliced(at, 1, changed(value.items[at] ?? nothing, rest, leaf, here)) }
  }
  if (value.text !== 'null') throw new UnfitEdit(`${here}: ${way || 'the body'} is neither an object nor a list`)
  const empty: Value = step === '0' ? { kind: 'array', items: [] } : { kind: 'object', members: [] }
  return changed(empty, steps, leaf, way)
}

/** What stands where nothing stood: steps that lead on from here make objects and lists of it. */
const nothing: Value = { kind: 'plain', text: 'null' }

/** Reads JSON that is known to be valid. */
function read(text: string): Value {
  const tokens = text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/gs)
  const next = () => tokens.next().value?.[0] ?? ''
  return valueFrom(next())

  function valueFrom(token: string): Value {
    if (token === '{') return { kind: 'object', members: [...membersFrom()] }
    if (token === '[') return { kind: 'array', items: [...itemsFrom()] }
    return { kind: 'plain', text: token }
  }

  function* membersFrom(): Generator<readonly [string, Value]> {
    for (let token = next(); token !== '}'; token = next()) {
      if (token === ',') continue
      next() // the colon
      yield [JSON.parse(token) as string, valueFrom(next())]
    }
  }

  function* itemsFrom(): Generator<Value> {
    for (let token = next(); token !== ']'; token = next()) if (token !== ',') yield valueFrom(token)
  }
}

function written(value: Value): string {
  if (value.kind === 'plain') return value.text
  if (value.kind === 'array') return `[${value.items.map(written).join(',')}]`
  return `{${value.members.map(([name, each]) => `${JSON.stringify(name)}:${written(each)}`).join(',')}}`
}

function stepsOf(path: string): string[] {
  const steps = path
    .replace(/^\[(\d+)\]/, '$1')
    .replace(/\[(\d+)\]/g, '.$1')
    .split(/(?<!\\)\./)
    .map((step) => step.replaceAll('\\.', '.'))
  if (steps.includes('')) throw new UnfitEdit(`"${path}" is no path: names and numbers, joined by dots`)
  return steps
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
