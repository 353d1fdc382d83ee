import { github } from './github.ts'
import type { Sender } from './sender.ts'
import { standardWebhooks } from './standard-webhooks.ts'
import { stripe } from './stripe.ts'

export type { Message, Sample, Sender, Wanted } from './sender.ts'
export { github, standardWebhooks, stripe }

/** Every provider that can be played. */
export const senders: readonly Sender[] = [github, standardWebhooks, stripe]
