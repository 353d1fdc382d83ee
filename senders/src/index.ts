import { clerk } from './clerk.ts'
import { cloudevents } from './cloudevents.ts'
import { discord } from './discord.ts'
import { generic } from './generic.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { hmac } from './hmac.ts'
import { kapso } from './kapso.ts'
import { linear } from './linear.ts'
import { metaWhatsapp } from './meta-whatsapp.ts'
import { openai } from './openai.ts'
import { openclaw } from './openclaw.ts'
import type { Sender } from './sender.ts'
import { shopify } from './shopify.ts'
import { slack } from './slack.ts'
import { standardWebhooks } from './standard-webhooks.ts'
import { stripe } from './stripe.ts'
import { tavus } from './tavus.ts'
import { twilio } from './twilio.ts'

export { seededRandom } from './chance.ts'
export { planChaos, type Round, type Step } from './chaos.ts'
export { discordPublicKey } from './discord.ts'
export { type Forgery, forged, forgeriesOf, needsSecret } from './forge.ts'
export { idFor, requestOf, type SignedRequest, type Signing, sampleOf, urlWith } from './request.ts'
export type { Message, Sample, Sender, Wanted } from './sender.ts'
export { type Edit, edited, editsOf, readEdit, UnfitEdit } from './set.ts'
export {
  clerk,
  cloudevents,
  discord,
  generic,
  github,
  gitlab,
  hmac,
  kapso,
  linear,
  metaWhatsapp,
  openai,
  openclaw,
  shopify,
  slack,
  standardWebhooks,
  stripe,
  tavus,
  twilio,
}

/** Every provider that can be played. */
export const senders: readonly Sender[] = [
  clerk,
  cloudevents,
  discord,
  generic,
  github,
  gitlab,
  hmac,
  kapso,
  linear,
  metaWhatsapp,
  openai,
  openclaw,
  shopify,
  slack,
  standardWebhooks,
  stripe,
  tavus,
  twilio,
]
