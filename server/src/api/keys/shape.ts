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
    expiresAt: z
      .string()
      .nullable()
      .meta({ description: 'From when on it is out of force by itself; null for never.' }),
    revokedAt: z.string().nullable().meta({ description: 'Null while nobody has revoked it.' }),
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
  expiresInSeconds: z
    .number()
    .int()
    .min(60)
    .max(10 * 366 * 24 * 60 * 60)
    .optional()
    .meta({
      description:
        'How long it is in force, a minute to ten years. Left out: until it is revoked, or as long as the key that makes it.',
      example: 86_400,
    }),
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
    expiresAt: key.expiresAt === null ? null : shownTime(key.expiresAt),
    revokedAt: key.revokedAt === null ? null : shownTime(key.revokedAt),
  }
}
