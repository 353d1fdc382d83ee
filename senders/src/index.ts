import { discord } from './discord.ts'
import { github } from './github.ts'
import { kapso } from './kapso.ts'
import { metaWhatsapp } from './meta-whatsapp.ts'
import { openclaw } from './openclaw.ts'
import type { Sender } from './sender.ts'
import { shopify } from './shopify.ts'
import { slack } from './slack.ts'
import { standardWebhooks } from './standard-webhooks.ts'
import { stripe } from './stripe.ts'
import { tavus } from './tavus.ts'
import { twilio } from './twilio.ts'

export { discordPublicKey } from './discord.ts'
export type { Message, Sample, Sender, Wanted } from './sender.ts'
export { discord, github, kapso, metaWhatsapp, openclaw, shopify, slack, standardWebhooks, stripe, tavus, twilio }

/** Every provider that can be played. */
export const senders: readonly Sender[] = [
  discord,
  github,
  kapso,
  metaWhatsapp,
  openclaw,
  shopify,
  slack,
  standardWebhooks,
  stripe,
  tavus,
  twilio,
]
