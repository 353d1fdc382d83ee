import { github } from './github.ts'
import type { Sender } from './sender.ts'
import { standardWebhooks } from './standard-webhooks.ts'
import { stripe } from './stripe.ts'

export { seededRandom } from './chance.ts'
export { planChaos, type Round, type Step } from './chaos.ts'
export { type Forgery, forged, forgeriesOf, needsSecret } from './forge.ts'
export { idFor, requestOf, type SignedRequest, type Signing, sampleOf, urlWith } from './request.ts'
export type { Message, Sample, Sender, Wanted } from './sender.ts'
export { type Edit, edited, editsOf, readEdit, UnfitEdit } from './set.ts'
export { github, standardWebhooks, stripe }

/** Every provider that can be played. */
export const senders: readonly Sender[] = [github, standardWebhooks, stripe]
