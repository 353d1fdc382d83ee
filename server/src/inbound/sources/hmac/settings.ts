import { z } from 'zod'
import { headerName, placeSettings } from '../../payload/places.ts'
import { templateFault } from '../../signature/hmac-template.ts'
import { toleranceSeconds } from '../../signature/timestamp.ts'
import { type HmacSettings, presets } from './presets.ts'

const presetNames = Object.keys(presets) as [keyof typeof presets, ...(keyof typeof presets)[]]

/** What may be set; a preset fills in what is left out, and then the defaults do. */
export const hmacConfig = z
  .strictObject({
    preset: z.enum(presetNames).optional().describe('How a known provider signs; your own settings win over it.'),
    header: headerName.optional().describe('The header that holds the signature: x-webhook-signature unless set.'),
    algorithm: z.enum(['sha1', 'sha256', 'sha512']).optional().describe('sha256 unless set.'),
    encoding: z.enum(['hex', 'base64']).optional().describe('hex unless set.'),
    prefix: z
      .string()
      .regex(/^[!-~]{0,50}$/, 'at most 50 visible characters')
      .optional()
      .describe('What stands before the signature, such as sha256=.'),
    signed: z
      .string()
      .max(200)
      .optional()
      .describe(
        'What is signed: {body} unless set; {id}, {timestamp} and {url} may stand beside it, such as {timestamp}.{body}.',
      ),
    timestampHeader: headerName.optional().describe('The header that holds the signed time.'),
    timestampUnit: z.enum(['seconds', 'milliseconds']).optional().describe('seconds unless set.'),
    toleranceSeconds: toleranceSeconds.optional().describe('How far the signed time may be from ours: 300 unless set.'),
    ...placeSettings,
  })
  .superRefine((config, context) => {
    const fault = templateFault(settingsOf(config))
    if (fault !== undefined) context.addIssue({ code: 'custom', path: ['signed'], message: fault })
  })

type Own = Partial<{ [Name in keyof HmacSettings]: HmacSettings[Name] | undefined }> & {
  preset?: keyof typeof presets | undefined
}

/** The settings that hold: a source's own, else the preset's, else the usual. */
export function settingsOf({ preset, ...config }: Own): HmacSettings {
  const own = Object.entries(config).filter(([, value]) => value !== undefined)
  const known = preset === undefined ? {} : { eventPrefix: preset, ...presets[preset] }
  return { ...usual, ...known, ...Object.fromEntries(own) }
}

const usual: HmacSettings = {
  header: 'x-webhook-signature',
  algorithm: 'sha256',
  encoding: 'hex',
  prefix: '',
  signed: '{body}',
  timestampUnit: 'seconds',
  toleranceSeconds: 300,
  eventPrefix: 'hmac',
}
