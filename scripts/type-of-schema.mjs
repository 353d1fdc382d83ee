// @ts-check
// JSON Schema, as zod writes it, to TypeScript. What a type cannot say (a length, a pattern, a range) is left out.

/** @typedef {Readonly<Record<string, unknown>>} Schema */

/** Lines that would be longer are broken. */
const mostColumns = 100

/**
 * The type of a schema as TypeScript, its first line without indent.
 * @example typeOfSchema({ type: ['string', 'null'] }) // 'string | null'
 * @param {unknown} schema
 * @param {string} [indent] what the lines after the first begin with
 * @returns {string}
 */
export function typeOfSchema(schema, indent = '') {
  return typeOf(schema, indent, { root: schema, open: [] })
}

/** @typedef {{ root: unknown, open: readonly string[] }} Scope the whole schema, and the references that are being followed */

/** @param {unknown} schema @param {string} indent @param {Scope} scope @returns {string} */
function typeOf(schema, indent, scope) {
  if (!isSchema(schema)) return schema === false ? 'never' : 'unknown'
  if (typeof schema.$ref === 'string') return typeOfReference(schema.$ref, indent, scope)
  if ('const' in schema) return literal(schema.const)
  if (Array.isArray(schema.enum)) return union(schema.enum.map(literal))
  const either = schema.anyOf ?? schema.oneOf
  if (Array.isArray(either)) return eitherOf(either, indent, scope)
  if (Array.isArray(schema.allOf)) {
    return schema.allOf.map((each) => wrapped(typeOf(each, indent, scope))).join(' & ')
  }
  if (Array.isArray(schema.type)) return union(schema.type.map((type) => typeOf({ ...schema, type }, indent, scope)))
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type
    case 'number':
    case 'integer':
      return 'number'
    case 'array':
      return arrayOf(schema, indent, scope)
    case 'object':
      return objectOf(schema, indent, scope)
    default:
      return isSchema(schema.not) && Object.keys(schema.not).length === 0 ? 'never' : 'unknown'
  }
}

/** A type that holds itself has no name here; where it begins anew it is `unknown`. @param {string} reference @param {string} indent @param {Scope} scope */
function typeOfReference(reference, indent, { root, open }) {
  if (reference === '#' || open.includes(reference)) return 'unknown'
  /** @type {unknown} */
  let found = root
  for (const part of reference.replace(/^#\//, '').split('/')) found = isSchema(found) ? found[part] : undefined
  if (found === undefined) throw new Error(`the schema refers to "${reference}", which is not in it`)
  return typeOf(found, indent, { root, open: [...open, reference] })
}

/** Several objects stand one below the other. @param {readonly unknown[]} schemas @param {string} indent @param {Scope} scope */
function eitherOf(schemas, indent, scope) {
  const line = union(schemas.map((each) => typeOf(each, indent, scope)))
  if (!line.includes('\n') && line.length <= mostColumns) return line
  const members = [...new Set(schemas.map((each) => typeOf(each, `${indent}    `, scope)))]
  if (members.length === 1 || line === 'unknown') return line
  return members.map((each) => `\n${indent}  | ${each}`).join('')
}

/** @param {Schema} schema @param {string} indent @param {Scope} scope */
function arrayOf({ items, prefixItems }, indent, scope) {
  if (!Array.isArray(prefixItems)) return `${wrapped(typeOf(items, indent, scope))}[]`
  const parts = prefixItems.map((each) => typeOf(each, indent, scope))
  const rest = items === false ? [] : [`...${wrapped(typeOf(items, indent, scope))}[]`]
  return `[${[...parts, ...rest].join(', ')}]`
}

/** @param {Schema} schema @param {string} indent @param {Scope} scope */
function objectOf({ properties, required, additionalProperties: others = {} }, indent, scope) {
  const needed = Array.isArray(required) ? required : []
  const known = Object.entries(isSchema(properties) ? properties : {})
  if (known.length === 0) return `Record<string, ${typeOf(others, indent, scope)}>`
  const inner = `${indent}  `
  const members = known.map(([name, schema]) => {
    const key = `${nameOf(name)}${needed.includes(name) ? '' : '?'}`
    return `${comment(schema, inner)}${key}: ${typeOf(schema, inner, scope)}`.replace(/: \n/, ':\n')
  })
  // Whatever else comes may be of another type than the known ones, which an index signature has to include.
  if (others !== false) members.push('[name: string]: unknown')
  const line = `{ ${members.join('; ')} }`
  if (!line.includes('\n') && line.length <= mostColumns - indent.length) return line
  return `{\n${members.map((each) => `${inner}${each}\n`).join('')}${indent}}`
}

/** @param {unknown} schema @param {string} indent */
function comment(schema, indent) {
  const text = isSchema(schema) ? schema.description : undefined
  return typeof text === 'string' ? `${docComment(text)}\n${indent}` : ''
}

/** @param {string} text */
export function docComment(text) {
  return `/** ${text.replaceAll('*/', '*\\/').replace(/\s+/g, ' ').trim()} */`
}

/** @param {readonly string[]} types */
function union(types) {
  if (types.includes('unknown')) return 'unknown'
  const members = [...new Set(types)].filter((each) => each !== 'never')
  return members.length === 0 ? 'never' : members.join(' | ')
}

/** In brackets where something behind it would otherwise belong to its last part alone. @param {string} type */
function wrapped(type) {
  let outer = type.replace(/'(?:[^'\\]|\\.)*'/g, '')
  for (let last = ''; outer !== last; ) [last, outer] = [outer, outer.replace(/\{[^{}]*\}/g, '')]
  return /[|&]/.test(outer) ? `(${type.trimStart()})` : type
}

/** @param {unknown} value */
function literal(value) {
  return typeof value === 'string' ? quoted(value) : JSON.stringify(value)
}

/** A property's name, in quotes where it is no word. @param {string} name */
export function nameOf(name) {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)
}

/** @param {string} text */
function quoted(text) {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

/** @param {unknown} value @returns {value is Schema} */
function isSchema(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
