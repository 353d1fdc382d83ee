import { clerk } from './clerk.ts'
import { cloudevents } from './cloudevents.ts'
import { generic } from './generic.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { hmac } from './hmac.ts'
import { linear } from './linear.ts'
import type { Sender } from './sender.ts'
import { standardWebhooks } from './standard-webhooks.ts'
import { stripe } from './stripe.ts'

export type { Message, Sample, Sender, Wanted } from './sender.ts'
export { clerk, cloudevents, generic, github, gitlab, hmac, linear, standardWebhooks, stripe }

/** Every provider that can be played. */
export const senders: readonly Sender[] = [
  clerk,
  cloudevents,
  generic,
  github,
  gitlab,
  hmac,
  linear,
  standardWebhooks,
  stripe,
]
