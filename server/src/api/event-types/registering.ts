import type { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import type { RegisteredType } from '../../events/types/event-type-store.ts'
import { compileSchema } from '../../events/types/json-schema.ts'
import type { typeSettings } from './shape.ts'

const mostExampleBytes = 64 * 1024

type Settings = z.output<z.ZodObject<typeof typeSettings>>

/** A type as it is kept, from what a caller says of it; refuses a schema that cannot be used, and an example that does not fit. */
export function registeredOf(
  { workspaceId, type, example }: { workspaceId: string; type: string; example: string | null },
  settings: Omit<Settings, 'example'> & { example?: unknown },
  now: number,
): RegisteredType {
  const { description, schema, validation } = settings
  if (schema === null && validation !== 'off') {
    throw new Problem('INVALID_INPUT', `validation "${validation}" needs a schema to check against`, {
      errors: [{ at: '/schema', message: 'is required unless validation is "off"' }],
    })
  }
  const bytes = example === null ? 0 : Buffer.byteLength(example)
  if (bytes > mostExampleBytes) {
    throw new Problem('INVALID_INPUT', `the example has ${bytes} bytes, and ${mostExampleBytes} are allowed`, {
      errors: [{ at: '/example', message: 'is too long' }],
    })
  }
  const check = schema && compileSchema(schema)
  const misfit = check && example !== null ? check(settings.example, bytes) : undefined
  if (misfit !== undefined) {
    throw new Problem('EVENT_TYPE_SCHEMA_REFUSED', `the example does not fit the schema: ${misfit}`)
  }
  return {
    workspaceId,
    type,
    description,
    schema: schema && JSON.stringify(schema),
    validation,
    example,
    createdAt: now,
    updatedAt: now,
  }
}
