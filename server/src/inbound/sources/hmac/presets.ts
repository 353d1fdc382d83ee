import type { Places } from '../../payload/places.ts'
import type { TemplateScheme } from '../../signature/hmac-template.ts'

/** Everything that is to be known of a sender. */
export type HmacSettings = TemplateScheme & Places

/**
 * How some providers sign, under a name. Only what was read in their own documentation stands in here; those that need
 * more than a signature (a question that is answered before events come) have kinds of their own.
 */
export const presets = {
  /** https://cal.com/docs/developing/guides/automation/webhooks */
  calcom: {
    header: 'x-cal-signature-256',
    typePath: 'triggerEvent',
    subjectPath: 'payload.uid',
  },
  /** https://developer.squareup.com/docs/webhooks/step3validate */
  square: {
    header: 'x-square-hmacsha256-signature',
    encoding: 'base64',
    signed: '{url}{body}',
    typePath: 'type',
    idPath: 'event_id',
    subjectPath: 'data.id',
  },
  /** https://www.typeform.com/developers/webhooks/secure-your-webhooks/ */
  typeform: {
    header: 'typeform-signature',
    encoding: 'base64',
    prefix: 'sha256=',
    typePath: 'event_type',
    idPath: 'event_id',
    subjectPath: 'form_response.form_id',
  },
} as const satisfies Record<string, Partial<HmacSettings>>
