/** A JSON Schema, as far as a value can tell one. */
export interface InferredSchema {
  type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null'
  properties?: Record<string, InferredSchema>
  items?: InferredSchema
}

/** What is deeper or wider than this is left open: a shape that nobody reads to its end helps nobody. */
const deepest = 8
const widest = 200

/**
 * The shape of one JSON value, for types of event that nobody has described: `{"a":1}` is an object with an integer `a`.
 * Of an array the first item speaks for all. One example is no contract, so nothing is called required.
 */
export function inferSchema(value: unknown, depth = 0): InferredSchema {
  if (value === null) return { type: 'null' }
  if (Array.isArray(value)) {
    return value.length === 0 || depth >= deepest
      ? { type: 'array' }
      : { type: 'array', items: inferSchema(value[0], depth + 1) }
  }
  if (typeof value === 'object') {
    if (depth >= deepest) return { type: 'object' }
    const members = Object.entries(value).slice(0, widest)
    return {
      type: 'object',
      properties: Object.fromEntries(members.map(([name, each]) => [name, inferSchema(each, depth + 1)])),
    }
  }
  if (typeof value === 'number') return { type: Number.isSafeInteger(value) ? 'integer' : 'number' }
  return typeof value === 'boolean' ? { type: 'boolean' } : { type: 'string' }
}
