import { KeyObject, verify } from 'node:crypto'
import { verify as verifyGithub } from '@octokit/webhooks-methods'
import { createRemoteJWKSet } from 'jose'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { Webhook as SvixWebhook } from 'svix'
import type { Arrival } from './receiver.ts'

/** The published verifiers of the ways to sign that have one, in the order of their names. */
const verifiers: Readonly<Record<string, (headers: Record<string, string>, body: string, secret: string) => unknown>> =
  {
    github: async (headers, body, secret) => {
      if (!(await verifyGithub(secret, body, headers['x-hub-signature-256'] ?? ''))) throw new Error('it does not fit')
    },
    standard: (headers, body, secret) => new Webhook(secret).verify(body, headers),
    stripe: (headers, body, secret) =>
      new Stripe('sk_test_0').webhooks.constructEvent(body, headers['stripe-signature'] ?? '', secret),
    svix: (headers, body, secret) => new SvixWebhook(secret).verify(body, headers),
  }

/** The verifiers that accept a delivery with this secret. */
export async function acceptedBy({ headers, body }: Arrival, secret: string): Promise<string[]> {
  const accepting = await Promise.all(
    Object.entries(verifiers).map(async ([name, run]) => {
      try {
        await run(headers as Record<string, string>, body.toString(), secret)
        return [name]
      } catch {
        return []
      }
    }),
  )
  return accepting.flat()
}

/** Whether a delivery has an Ed25519 signature that fits the public keys of a server. */
export async function isSignedBy(serverUrl: string, { headers, body }: Arrival): Promise<boolean> {
  const key = await createRemoteJWKSet(new URL(`${serverUrl}/.well-known/jwks.json`))({ alg: 'EdDSA' })
  if (!(key instanceof KeyObject)) throw new Error('it is no public key')
  const [, proof = ''] = /v1a,(\S+)/.exec(String(headers['webhook-signature'])) ?? []
  const signed = Buffer.concat([Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`), body])
  return verify(null, signed, key, Buffer.from(proof, 'base64'))
}
