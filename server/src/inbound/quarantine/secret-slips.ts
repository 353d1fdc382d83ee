/** A secret as it may have been used by mistake: as a secret of the source, or as a key of bytes that no text stands for. */
export interface Slip {
  /** What was done to it, said of the sender. */
  slip: string
  secrets: readonly string[]
  keys: readonly Buffer[]
}

const standardPrefix = 'whsec_'

/**
 * What somebody may have made of a secret when it was copied into a sender's settings. So many ways and no more. A kind
 * reads what it can of each: as text, or, for Standard Webhooks, as the bytes behind `whsec_`.
 */
export function slipsOf(secret: string): Slip[] {
  const bare = secret.startsWith(standardPrefix) ? secret.slice(standardPrefix.length) : undefined
  const text = (slip: string, used: string): Slip => ({
    slip,
    secrets: [used, asStandard(Buffer.from(used))],
    keys: [],
  })
  const bytes = (slip: string, used: Buffer): Slip[] =>
    used.length === 0 ? [] : [{ slip, secrets: [asStandard(used)], keys: [used] }]
  return [
    text('with a line’s end behind it', `${secret}\n`),
    text('with a space behind it', `${secret} `),
    text('with a space before it', ` ${secret}`),
    text('in quotes', `"${secret}"`),
    ...(bare === undefined
      ? [text('with "whsec_" before it', standardPrefix + secret)]
      : [
          { slip: 'without its "whsec_"', secrets: [bare], keys: [] },
          text('with "whsec_" before it twice', standardPrefix + secret),
          { slip: 'as the text behind "whsec_", which is base64 and was not decoded', ...asText(bare) },
          { slip: 'as a text, with its "whsec_" and not decoded', ...asText(secret) },
        ]),
    ...bytes('as the bytes that its base64 stands for', decoded(bare ?? secret, 'base64')),
    ...bytes('as the bytes that its hex stands for', decoded(bare ?? secret, 'hex')),
  ]
}

const asText = (used: string) => ({ secrets: [asStandard(Buffer.from(used))], keys: [] as Buffer[] })

/** Any bytes as a secret of Standard Webhooks. */
const asStandard = (bytes: Buffer): string => standardPrefix + bytes.toString('base64')

/** Empty for a text that is not written so. */
function decoded(text: string, encoding: 'hex' | 'base64'): Buffer {
  const bytes = Buffer.from(text, encoding)
  const again = bytes.toString(encoding)
  const isSame =
    encoding === 'hex' ? again === text.toLowerCase() : again.replace(/=+$/, '') === text.replace(/=+$/, '')
  return isSame ? bytes : Buffer.alloc(0)
}
