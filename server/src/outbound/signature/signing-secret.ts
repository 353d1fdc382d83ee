import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import type { Place, Seal } from '../../base/seal.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'

const prefix = 'whsec_'

/** A secret in the two forms that receivers use it in. */
export interface SigningSecret {
  /** The whole text: Stripe's, GitHub's and others' key is just that. */
  text: string
  textKey: KeyObject
  /** The bytes that `whsec_…` stands for; undefined for a text that Standard Webhooks does not know. */
  key: KeyObject | undefined
}

/** A new signing secret: `whsec_` and 32 random bytes in base64. */
export function makeSigningSecret(): string {
  return prefix + randomBytes(32).toString('base64')
}

/** A secret as the dialects use it. `Buffer.from` skips what is not base64, so what it read is compared. */
export function signingSecret(text: string): SigningSecret {
  const written = text.startsWith(prefix) ? text.slice(prefix.length) : ''
  const bytes = Buffer.from(written, 'base64')
  const isKnown = bytes.length > 0 && bytes.toString('base64') === written
  return {
    text,
    textKey: createSecretKey(text, 'utf8'),
    key: isKnown ? createSecretKey(bytes) : undefined,
  }
}

/** Where an endpoint's secret is sealed to; a former one stays sealed as it was. */
export const secretPlace = ({ workspaceId, id }: Pick<Endpoint, 'workspaceId' | 'id'>): Place => ({
  workspace: workspaceId,
  table: 'endpoints',
  row: id,
  column: 'sealed_secret',
})

type Sealed = Pick<Endpoint, 'workspaceId' | 'id' | 'sealedSecret' | 'formerSecrets'>

/** Opened secrets, by their seal: the same one is used for every delivery to its endpoint. */
const opened = new Map<string, readonly [SigningSecret]>()
const openedKept = 10_000

/** The secrets that sign for an endpoint now: the current one first, then the former ones whose overlap lasts, newest first. */
export function secretsOf(endpoint: Sealed, seal: Seal, now: number): readonly [SigningSecret, ...SigningSecret[]] {
  const current = open(endpoint.sealedSecret, endpoint, seal)
  if (endpoint.formerSecrets.length === 0) return current
  const former = endpoint.formerSecrets.filter(({ until }) => now < until)
  return [...current, ...former.flatMap(({ sealed }) => open(sealed, endpoint, seal))]
}

/** The same, each with its seal and its end: null for the current one. */
export function signingSecretsOf(
  endpoint: Sealed,
  seal: Seal,
  now: number,
): readonly (SigningSecret & { sealed: string; until: number | null })[] {
  return [{ sealed: endpoint.sealedSecret, until: null }, ...endpoint.formerSecrets]
    .filter(({ until }) => until === null || now < until)
    .flatMap((kept) => open(kept.sealed, endpoint, seal).map((secret) => ({ ...kept, ...secret })))
}

function open(sealed: string, endpoint: Pick<Endpoint, 'workspaceId' | 'id'>, seal: Seal): readonly [SigningSecret] {
  const place = `${endpoint.workspaceId}|${endpoint.id}|${sealed}`
  const known = opened.get(place)
  if (known) return known
  if (opened.size >= openedKept) opened.clear()
  const secrets = [signingSecret(seal.open(sealed, secretPlace(endpoint)))] as const
  opened.set(place, secrets)
  return secrets
}
