import { z } from 'zod'
import { keyOf } from '../../payload/key.ts'
import { hmac } from '../../signature/hmac.ts'
import { makeTextSecret } from '../../signature/secret.ts'
import { proofSetting, shown } from '../../signature/shown.ts'
import { readToken, type TokenPlace, token, tokenFault } from '../../signature/token.ts'
import { refused } from '../../signature/verdict.ts'
import {
  dedupeKey,
  defineSource,
  eventType,
  hashOf,
  type Incoming,
  ownText,
  ownValue,
  type Proof,
  subjectOf,
  type Verdict,
} from '../../source.ts'
import { eventTypes, typeOfAction } from './event-types.ts'

const fixedPath = '/openclaw/event'
const bearer: TokenPlace = { header: 'authorization', scheme: 'Bearer' }
const query: TokenPlace = { parameters: ['t', 'token'] }
const secretToken = token(bearer)

/** What the hook tells of an agent's runs, and what the diagnostics tell of its models. https://docs.openclaw.ai/automation/hooks */
export default defineSource({
  kind: 'openclaw',
  title: 'OpenClaw',
  // The hook cuts a document at 50,000 characters.
  limits: { bodyBytes: 1024 * 1024 },
  config: z.strictObject({
    /** `any` takes a request for its address alone, as the usual hook posts it; `required` wants the token or a signature. */
    proof: proofSetting.default('any'),
  }),
  fixedPath: { path: fixedPath, token: addressToken },
  checkSecret: (secret) => tokenFault(secret, 8),
  makeSecret: makeTextSecret,
  verify: shown(
    byToken,
    hmac({ algorithm: 'sha256', header: 'x-openclaw-signature', encoding: 'hex', prefix: 'sha256=' }),
  ),
  parse: ({ body, json }) => {
    const { text, value } = json()
    return [{ ...eventOf(value, body), data: text }]
  },
  answer: () => ({ contentType: 'application/json', body: '{"ok":true}' }),
  eventTypes,
})

function addressToken(request: Incoming): string | undefined {
  const named = [bearer, query].map((place) => readToken(request, place)).find((each) => typeof each === 'string')
  return named as string | undefined
}

/** At the fixed path the bearer token is the address: it has named the source, and need not be its secret as well. */
function byToken(request: Incoming, proof: Proof): Verdict {
  const verdict = secretToken(request, proof)
  const isAddress = request.isAddressed && request.url.split('?', 1)[0] === fixedPath
  if (!isAddress || verdict.kind !== 'refused' || verdict.cause !== 'SIGNATURE_MISMATCH') return verdict
  return refused('MISSING_SIGNATURE', 'header authorization names the source, and is not its secret')
}

function eventOf(value: unknown, body: Uint8Array) {
  const action = ownText(value, 'action')
  const runId = ownText(value, 'runId') || undefined
  const isUsage = action === 'usage' || (action === undefined && ownText(value, 'type') === 'model.usage')
  if (isUsage) return usageOf(value, runId, body)
  if (runId === undefined || !action) {
    return { dedupeKey: dedupeKey(undefined, body), type: 'openclaw.malformed', subject: null }
  }
  return {
    dedupeKey: runKey(value, runId, action, body),
    type: typeOfAction.get(action) ?? eventType('openclaw', action),
    subject: subjectOf(runId),
    orderKey: keyOf('run:', runId),
  }
}

/** The diagnostics know no run, only the session: https://docs.openclaw.ai/gateway/opentelemetry */
function usageOf(value: unknown, runId: string | undefined, body: Uint8Array) {
  const session = ownText(value, 'sessionKey') || undefined
  const seq = runId === undefined ? undefined : seqKey(value, runId, 'usage')
  return {
    // Without a run's number the body alone tells a repeat. Tokens cost money: they are rather counted once than twice.
    dedupeKey: seq ?? dedupeKey(undefined, body),
    type: 'agent.usage.reported',
    subject: subjectOf(runId ?? session),
    ...(runId !== undefined && { orderKey: keyOf('run:', runId) }),
    ...(runId === undefined && session !== undefined && { orderKey: keyOf('session:', session) }),
  }
}

/** A run starts and ends once; but two equal "Thinking…" without a number or a time are two. */
function runKey(value: unknown, runId: string, action: string, body: Uint8Array): string | null {
  const seq = seqKey(value, runId, action)
  if (seq !== undefined) return seq
  if ((ownValue(value, 'timestamp') ?? null) !== null) return keyOf(`body:${hashOf(body)}:`, runId)
  return ['start', 'end', 'error'].includes(action) ? keyOf(`once:${action}:`, runId) : null
}

/** One event of an agent may be told twice, as two things. */
function seqKey(value: unknown, runId: string, action: string): string | undefined {
  const seq = ownValue(value, 'seq')
  return Number.isSafeInteger(seq) ? keyOf(`seq:${action}:${seq}:`, runId) : undefined
}
