import { z } from 'zod'
import { type BodyLook, lookedBytes } from '../../inbound/body-look.ts'

/** One byte more than is shown: it tells whether there is more. */
export const bytesToRead = lookedBytes + 1

export const bodyShape = z
  .object({
    kind: z
      .enum(['json', 'text', 'form', 'binary'])
      .meta({ description: 'What its bytes are, whatever its content type says; of a long one, what it begins as.' }),
    text: z
      .string()
      .optional()
      .meta({ description: 'The characters as sent: JSON is not written anew. Left out for what is no text.' }),
    base64: z.string().optional().meta({ description: 'The bytes of what is no text.' }),
    isTruncated: z.boolean().meta({ description: `Whether there is more: this is the first ${lookedBytes} bytes.` }),
  })
  .meta({ id: 'RequestBody' })

/** The beginning of a body as the API shows it. */
export function showBody({ kind, text, bytes, isTruncated }: BodyLook): z.input<typeof bodyShape> {
  return text === undefined ? { kind, base64: bytes.toString('base64'), isTruncated } : { kind, text, isTruncated }
}
