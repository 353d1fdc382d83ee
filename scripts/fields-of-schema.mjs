// @ts-check
// The fields that a JSON Schema tells of, as rows of a table for people.

/** @typedef {Readonly<Record<string, unknown>>} Schema */

/**
 * @typedef {object} Field
 * @property {string} path such as `message.id`, or `errors[].code`
 * @property {string} what what it holds, in words
 * @property {boolean} isAlways whether it can never be missing
 */

/** Deeper fields are left to the example and to the JSON Schema. */
const mostDepth = 3

/**
 * The fields of each form that the data may have: most have one. A form that tells of no field is left out.
 * @param {unknown} schema
 * @returns {Field[][]}
 */
export function fieldsOf(schema) {
  return formsOf(schema)
    .map((form) => membersOf(form, '', true, 1))
    .filter((fields) => fields.length > 0)
}

/** @param {unknown} schema @returns {unknown[]} */
function formsOf(schema) {
  const either = isSchema(schema) ? (schema.anyOf ?? schema.oneOf) : undefined
  return Array.isArray(either) ? either.flatMap(formsOf) : [schema]
}

/** @param {unknown} schema @param {string} before @param {boolean} isAlways @param {number} depth @returns {Field[]} */
function membersOf(schema, before, isAlways, depth) {
  if (!isSchema(schema) || !isSchema(schema.properties)) return []
  const needed = Array.isArray(schema.required) ? schema.required : []
  return Object.entries(schema.properties).flatMap(([name, member]) => {
    const field = { path: before + name, what: wordsFor(member), isAlways: isAlways && needed.includes(name) }
    return [field, ...inner(member, field, depth)]
  })
}

/** @param {unknown} member @param {Field} field @param {number} depth @returns {Field[]} */
function inner(member, { path, isAlways }, depth) {
  if (depth === mostDepth) return []
  const [form, ...others] = formsOf(member).filter((each) => !isSchema(each) || each.type !== 'null')
  // What may have several forms down here is told by its own words.
  if (others.length > 0 || !isSchema(form)) return []
  if (form.type === 'array') return membersOf(form.items, `${path}[].`, isAlways, depth + 1)
  return membersOf(form, `${path}.`, isAlways, depth + 1)
}

/** @param {unknown} schema @returns {string} */
function wordsFor(schema) {
  if (!isSchema(schema)) return 'anything'
  const words = typeWords(schema)
  return typeof schema.description === 'string' ? `${words}: ${schema.description.replaceAll('|', '\\|')}` : words
}

/** @param {Schema} schema @returns {string} */
function typeWords(schema) {
  if ('const' in schema) return code(schema.const)
  if (Array.isArray(schema.enum)) return schema.enum.map(code).join(' or ')
  const forms = formsOf(schema)
  if (forms.length > 1) return [...new Set(forms.map(wordsFor))].join(' or ')
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeWords({ ...schema, type })).join(' or ')
  switch (schema.type) {
    case 'string':
      return 'text'
    case 'integer':
      return 'whole number'
    case 'boolean':
      return 'true or false'
    case 'array':
      return 'list'
    case 'number':
    case 'object':
    case 'null':
      return schema.type
    default:
      return 'anything'
  }
}

/** @param {unknown} value */
function code(value) {
  return value === null ? 'null' : `\`${JSON.stringify(value).replaceAll('|', '\\|')}\``
}

/** @param {unknown} value @returns {value is Schema} */
function isSchema(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
