import { github } from './github.ts'
import { kapso } from './kapso.ts'
import { metaWhatsapp } from './meta-whatsapp.ts'
import type { Sender } from './sender.ts'
import { standardWebhooks } from './standard-webhooks.ts'
import { stripe } from './stripe.ts'

export type { Message, Sample, Sender, Wanted } from './sender.ts'
export { github, kapso, metaWhatsapp, standardWebhooks, stripe }

/** Every provider that can be played. */
export const senders: readonly Sender[] = [github, kapso, metaWhatsapp, standardWebhooks, stripe]
