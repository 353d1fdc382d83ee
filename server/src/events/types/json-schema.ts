import { createContext, Script } from 'node:vm'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { Problem } from '../../base/errors.ts'

/** How large a schema may be: its text, how deep it nests, and how many values it holds. */
const mostSchemaBytes = 32 * 1024
const deepest = 32
const mostValues = 3000

/** How long compiling and checking may take. Nobody's schema may hold up the others. */
const compileMs = 1000
const checkMs = 200

/** Data up to this is checked without a guard by schemas that cannot take long over it. */
const unguardedBytes = 16 * 1024

/** Data against a schema: undefined when it fits, otherwise one sentence that names the rule and repeats nothing of the data. */
export type DataCheck = (data: unknown, bytes: number) => string | undefined

const drafts = new Map<string, typeof Ajv | typeof Ajv2020>([
  ['https://json-schema.org/draft/2020-12/schema', Ajv2020],
  ['http://json-schema.org/draft-07/schema', Ajv],
])

/** Without formats, which JSON Schema 2020-12 takes for notes, and with the first fault alone. */
const options = { strict: false, validateFormats: false, allErrors: false, logger: false } as const

/**
 * Makes the check of a schema, given as parsed JSON; throws a `Problem` that says why a schema is refused. What refers to
 * something outside of itself is refused, so nothing is ever fetched.
 */
export function compileSchema(schema: unknown): DataCheck {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) throw refused('it must be a JSON object')
  checkSize(schema)
  const isQuick = !takesLong(schema)
  const validate = compiled(schema as Record<string, unknown>)
  return (data, bytes) => {
    const run = () => (validate(data) ? undefined : sentenceOf(validate.errors?.[0]))
    if (isQuick && bytes <= unguardedBytes) return run()
    try {
      return within(run, checkMs)
    } catch (error) {
      if (isTimeout(error)) return `checking it took longer than ${checkMs} ms: make the schema simpler`
      // Deeper than the stack reaches: a schema that refers to itself, or data nested by the thousand.
      if (nameOf(error) === 'RangeError') return 'it is nested too deep to be checked'
      throw error
    }
  }
}

function compiled(schema: Record<string, unknown>): ValidateFunction {
  const named = typeof schema.$schema === 'string' ? schema.$schema.replace(/#$/, '') : undefined
  const Draft = named === undefined ? Ajv2020 : drafts.get(named)
  if (!Draft) throw refused(`its "$schema" is none of ${[...drafts.keys()].join(', ')}`)
  const { $schema: _, ...own } = schema
  try {
    return within(() => {
      const rules = rulesOf(Draft)
      if (!rules.validateSchema(own)) throw new Error(`schema is invalid: ${rules.errorsText(rules.errors)}`)
      // One for each schema: what one of them names must not be found by another.
      return new Draft({ ...options, meta: false, validateSchema: false }).compile(own)
    }, compileMs)
  } catch (error) {
    if (isTimeout(error)) throw refused(`reading it took longer than ${compileMs} ms`)
    throw refused(error instanceof Error ? error.message.slice(0, 500) : 'it cannot be read')
  }
}

/** What a schema must be like, by draft: making this takes most of the time, and is the same for all. */
const rules = new Map<unknown, Ajv | Ajv2020>()

function rulesOf(Draft: typeof Ajv | typeof Ajv2020): Ajv | Ajv2020 {
  const made = rules.get(Draft) ?? new Draft(options)
  rules.set(Draft, made)
  return made
}

/** Bounds first, in a loop: what comes after may recurse. */
function checkSize(schema: object): void {
  let values = 0
  let level: unknown[] = [schema]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) throw refused(`it nests deeper than ${deepest} levels`)
    const next: unknown[] = []
    for (const each of level) {
      if (typeof each !== 'object' || each === null) continue
      for (const [key, value] of Object.entries(each)) {
        if (++values > mostValues) throw refused(`it holds more than ${mostValues} values`)
        if (/^\$(dynamicRef|recursiveRef|ref)$/.test(key) && typeof value === 'string' && !value.startsWith('#')) {
          throw refused(`"${key}" may only refer to the schema itself (#/$defs/…): nothing is fetched`)
        }
        next.push(value)
      }
    }
    level = next
  }
  const bytes = Buffer.byteLength(JSON.stringify(schema))
  if (bytes > mostSchemaBytes) throw refused(`it has ${bytes} bytes, and ${mostSchemaBytes} are allowed`)
}

/** Whether a schema has a keyword whose work can grow faster than schema and data. */
function takesLong(schema: object): boolean {
  return /"(pattern|patternProperties|uniqueItems|\$ref|\$dynamicRef|\$recursiveRef)":/.test(JSON.stringify(schema))
}

/**
 * What does not fit, by the rule that says so: `must be string (#/properties/name/type)`. Both come from the schema, so
 * that nothing of what was sent stands in an answer, in the log of events or on a page.
 */
function sentenceOf(error: ErrorObject | undefined): string {
  return error ? `${error.message ?? 'does not fit'} (${error.schemaPath.slice(0, 200)})` : 'does not fit'
}

const room: { run: () => unknown } = { run: () => undefined }
const context = createContext(room)
const script = new Script('run()')

/** Runs something and throws once it takes too long, also within a regular expression: the engine can be stopped only so. */
function within<Result>(run: () => Result, timeout: number): Result {
  room.run = run
  try {
    return script.runInContext(context, { timeout }) as Result
  } finally {
    room.run = () => undefined
  }
}

// Not by their classes: what the engine throws may be another realm's.
const isTimeout = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
const nameOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'name' in error ? error.name : undefined

const refused = (why: string): Problem => new Problem('EVENT_TYPE_SCHEMA_REFUSED', `the schema is refused: ${why}`)
