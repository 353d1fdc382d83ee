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
  /** https://developers.intercom.com/intercom-api-reference/v1.0/reference/signed-notifications */
  intercom: {
    header: 'x-hub-signature',
    algorithm: 'sha1',
    prefix: 'sha1=',
    typePath: 'topic',
    idPath: 'id',
    subjectPath: 'data.item.id',
  },
  /** https://docs.lemonsqueezy.com/help/webhooks/signing-requests. The name stands in the header X-Event-Name too, which is not signed. */
  lemonsqueezy: {
    header: 'x-signature',
    typePath: 'meta.event_name',
    subjectPath: 'data.id',
  },
  /** https://razorpay.com/docs/webhooks/validate-test/ */
  razorpay: {
    header: 'x-razorpay-signature',
    typePath: 'event',
    idHeader: 'x-razorpay-event-id',
    subjectPath: 'account_id',
  },
  /** https://docs.sentry.io/organization/integrations/integration-platform/webhooks/. Its Sentry-Hook-Timestamp is not signed. */
  sentry: {
    header: 'sentry-hook-signature',
    typeHeader: 'sentry-hook-resource',
    subjectPath: 'data.issue.id',
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
