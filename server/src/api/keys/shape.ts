import { z } from 'zod'
import type { Credential } from '../../access/credential.ts'
import { scopes } from '../../access/scope.ts'
import { shownTime } from '../list.ts'

const scopeShape = z.enum(scopes)

export const keyShape = z
  .object({
    id: z.string(),
    name: z.string(),
    preview: z.string().meta({ description: 'The key’s first twelve characters.', example: 'osk_3fT9bQ1z' }),
    scopes: z.array(scopeShape),
    customer: z
      .string()
      .nullable()
      .meta({ description: 'The customer that it is bound to, whose things alone it sees and makes; null for all.' }),
    origin: z
      .enum(['environment', 'first', 'api'])
      .meta({ description: '`environment`: `TRUNKLINE_API_KEY`. `first`: made at the first start.' }),
    createdAt: z.string(),
    revokedAt: z.string().nullable().meta({ description: 'Null while it is in force.' }),
  })
  .meta({ id: 'Key' })

export const keyId = z.object({ id: z.string().max(100) })

export const keySettings = {
  name: z.string().min(1).max(100).meta({ description: 'Who or what uses it.', example: 'billing service' }),
  scopes: z
    .array(scopeShape)
    .min(1)
    .max(scopes.length)
    .meta({ description: 'What it may do; no more than the key that makes it.', example: ['events.write'] }),
}

export function showKey(key: Credential): z.input<typeof keyShape> {
  return {
    id: key.id,
    name: key.name,
    preview: key.preview,
    scopes: [...key.scopes],
    customer: key.customer,
    origin: key.origin,
    createdAt: shownTime(key.createdAt),
    revokedAt: key.revokedAt === null ? null : shownTime(key.revokedAt),
  }
}
