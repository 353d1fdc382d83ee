import { type DeliveredEvent, readEvent } from './delivered-event.ts'
import { dialectProof } from './dialect-proof.ts'
import type { RequestHeaders } from './request-headers.ts'
import type { Signature } from './shapes.ts'
import { standardProof } from './standard-proof.ts'
import { VerificationError } from './verification-error.ts'

export interface VerifyOptions {
  /** How old or how new a delivery may be; 300 when left out, which allows for clocks that differ. */
  toleranceSeconds?: number
  /** The time of day in milliseconds, for tests. */
  nowMs?: number
}

/** What is known of a genuine delivery. */
export interface Verified {
  /**
   * The event's id, the same on every attempt: deduplicate by it. Of `stripe`, `github`, `opencom` and `remotedev` it is what
   * the sender says: they do not sign it.
   */
  id: string
  /** When this attempt was made. */
  sentAt: Date
  /** The event in the body, or undefined when the body is raw. It is read when it is asked for: ask once. */
  readonly event: DeliveredEvent | undefined
}

/** What is known of a genuine delivery whose time is not signed: it may have been sent at any time. */
export type VerifiedUntimed = Omit<Verified, 'sentAt'> & { sentAt: undefined }

const defaultToleranceSeconds = 300
/** RemoteDevAI's own receivers allow no more. */
const remotedevFutureSeconds = 60

/**
 * Proves that a request is a delivery of Trunkline, or of any sender that follows Standard Webhooks (Svix too), and was not
 * made long ago. Throws a `VerificationError` otherwise. The body must be the bytes as they came, not JSON written anew. The
 * secret is `whsec_…`, or for Ed25519 signatures the public key, `whpk_…`; several may be given. Any other way to sign must be
 * named as `dialect`: what the request shows does not choose it.
 *
 * @example
 * const { id, event } = verify(rawBody, request.headers, 'whsec_…')
 * if (isEvent(event, 'agent.run.failed')) alert(event.data.runId)
 */
export function verify(
  body: Uint8Array | string,
  headers: RequestHeaders,
  secret: string | readonly string[],
  options: VerifyOptions & { dialect: 'github' },
): VerifiedUntimed
export function verify(
  body: Uint8Array | string,
  headers: RequestHeaders,
  secret: string | readonly string[],
  options?: VerifyOptions & { dialect?: Exclude<Signature, 'github'> },
): Verified
export function verify(
  body: Uint8Array | string,
  headers: RequestHeaders,
  secret: string | readonly string[],
  options?: VerifyOptions & { dialect?: Signature },
): Verified | VerifiedUntimed
export function verify(
  body: Uint8Array | string,
  headers: RequestHeaders,
  secret: string | readonly string[],
  {
    dialect = 'standard',
    toleranceSeconds = defaultToleranceSeconds,
    nowMs = Date.now(),
  }: VerifyOptions & {
    dialect?: Signature
  } = {},
): Verified | VerifiedUntimed {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw new TypeError('verify: the body must be the raw bytes or text of the request, before any JSON parser')
  }
  const secrets = typeof secret === 'string' ? [secret] : secret
  const isStandard = dialect === 'standard' || dialect === 'svix' || dialect === 'ed25519'
  const { id, time } = isStandard
    ? standardProof(body, headers, secrets)
    : dialectProof(dialect, body, headers, secrets)
  if (time) {
    const future = dialect === 'remotedev' ? Math.min(toleranceSeconds, remotedevFutureSeconds) : toleranceSeconds
    checkTime(time.header, time.seconds, Math.floor(nowMs / 1000), { past: toleranceSeconds, future })
  }
  const sentAt = time && new Date(time.seconds * 1000)
  return {
    id,
    sentAt,
    get event() {
      return readEvent(body)
    },
  } as Verified | VerifiedUntimed
}

function checkTime(
  name: string,
  sentSeconds: number,
  nowSeconds: number,
  { past, future }: { past: number; future: number },
): void {
  const age = nowSeconds - sentSeconds
  if (age > past) {
    throw new VerificationError('STALE', `header ${name}: ${age} s old, and ${past} s are allowed`)
  }
  // Written so that a tolerance that is not a number refuses everything.
  if (!(-age <= future) || !(age <= past)) {
    throw new VerificationError('FROM_FUTURE', `header ${name}: ${-age} s ahead, and ${future} s are allowed`)
  }
}
