import { createHash } from 'node:crypto'
import { readingPayload } from '../base/describe-error.ts'
import { defaultWorkspaceId } from '../base/id.ts'
import type { OpenClaimants, OpenSource } from './open-source.ts'
import type { Examine, Finding } from './parse.ts'
import type { Answer, Incoming, Verdict } from './source.ts'

/** The hash that a source is found by; the token itself is kept nowhere. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')

/** The source that a request's token names, or undefined when it has no token, or one that is nobody's. */
export function sourceByToken(incoming: Incoming, { sources, byTokenHash }: OpenClaimants): OpenSource | undefined {
  const token = sources[0]?.definition.fixedPath?.token?.(incoming)
  // A look-up by hash tells nothing by its time that would help to guess the token.
  return token === undefined ? undefined : byTokenHash.get(hashToken(token))
}

/** Whose a request to a shared path is. */
export type Identified =
  | { source: OpenSource; finding: Finding }
  /** Nobody's. It is recorded with that source, if its operator may see the others' requests. */
  | { source: undefined; record: { source: OpenSource; finding: Finding } | undefined }

/**
 * Tries the secrets of each source that shares the path; the first that verifies the request is meant. For one that is
 * nobody's all are tried, whatever is wrong with it. What a source would take without proof is refused here: the address
 * is no proof, because everybody knows it.
 */
export async function identify(
  incoming: Incoming,
  { sources }: OpenClaimants,
  now: number,
  examine: Examine,
): Promise<Identified> {
  const refused: { source: OpenSource; finding: Finding }[] = []
  for (const source of sources) {
    const finding = await examine(incoming, source, now)
    if (finding.verdict.kind === 'verified') return { source, finding }
    refused.push({ source, finding: { verdict: refusalOf(finding.verdict, sources.length), parsed: { events: [] } } })
  }
  return { source: undefined, record: forTheRecord(refused) }
}

/**
 * The answer to a question of the provider's (a challenge): that of the source whose settings fit it, else the first
 * refusal, so that one source's other settings do not answer for all.
 */
export function askClaimants(incoming: Incoming, sources: readonly OpenSource[], now: number): Answer | undefined {
  const answers = sources.flatMap(
    ({ definition, secrets, config }) =>
      readingPayload(() => definition.handshake?.(incoming, { secrets, now, config })) ?? [],
  )
  return answers.find(({ status = 200 }) => status < 400) ?? answers[0]
}

function refusalOf(verdict: Verdict, sources: number): Verdict {
  const where = sources === 1 ? 'the path' : `the path, which ${sources} sources share, none of which it fits`
  if (verdict.kind === 'refused') return { ...verdict, detail: `${verdict.detail}; it came to ${where}` }
  return { kind: 'refused', cause: 'MISSING_SIGNATURE', detail: `the request proves nothing and came to ${where}` }
}

/** The only source, the operator's first one, or the first of several of one workspace. A tenant sees no request that may be another's. */
export function forTheRecord<Refused extends { source: Pick<OpenSource, 'workspaceId'> }>(
  refused: readonly Refused[],
): Refused | undefined {
  const own = refused.find(({ source }) => source.workspaceId === defaultWorkspaceId)
  const workspaces = new Set(refused.map(({ source }) => source.workspaceId))
  return own ?? (workspaces.size === 1 ? refused[0] : undefined)
}
