import { type SignedRequest, urlWith } from '@trunkline/senders'
import type { Terminal } from './command.ts'
import { printable } from './text.ts'

const timeoutMs = 30_000

/** What became of a request: `failed` is any answer that neither accepts nor refuses it, such as 503. */
export type Outcome = 'accepted' | 'refused' | 'failed' | 'unreachable'

/** Posts a request as it is, and prints what was answered. */
export async function post(
  url: URL,
  { method, headers, body, query }: SignedRequest,
  what: string,
  terminal: Terminal,
  stopping: AbortSignal,
): Promise<Outcome> {
  const began = performance.now()
  try {
    const response = await fetch(urlWith(url.href, query), {
      method,
      headers,
      body: Buffer.from(body),
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), stopping]),
    })
    const answer = (await response.text()).slice(0, 2000)
    const ms = Math.round(performance.now() - began)
    terminal.say(printable(`${what}: ${response.status} in ${ms} ms  ${answer}`))
    if (response.ok) return 'accepted'
    return response.status === 401 || response.status === 403 ? 'refused' : 'failed'
  } catch (error) {
    // The origin only: the path of a source is as good as a key.
    if (!stopping.aborted) terminal.complain(printable(`${url.origin} cannot be reached: ${reasonOf(error)}`))
    return 'unreachable'
  }
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } }
  return name === 'TimeoutError' ? `no answer within ${timeoutMs / 1000} s` : (cause?.code ?? cause?.message ?? message)
}
