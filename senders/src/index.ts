import { github } from './github.ts'
import { openclaw } from './openclaw.ts'
import type { Sender } from './sender.ts'
import { standardWebhooks } from './standard-webhooks.ts'
import { stripe } from './stripe.ts'
import { tavus } from './tavus.ts'

export type { Message, Sample, Sender, Wanted } from './sender.ts'
export { github, openclaw, standardWebhooks, stripe, tavus }

/** Every provider that can be played. */
export const senders: readonly Sender[] = [github, openclaw, standardWebhooks, stripe, tavus]
