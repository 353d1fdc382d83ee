/**
 * Asks again and again until there is an answer, and fails with what it waited for when there is none in time. A check
 * that throws or answers `undefined` or `false` has no answer yet.
 */
export async function eventually<Answer>(
  what: string,
  check: () => Promise<Answer> | Answer,
  { withinMs = 10_000, everyMs = 25 } = {},
): Promise<Exclude<Answer, undefined | false>> {
  const deadline = performance.now() + withinMs
  let reason = ''
  for (;;) {
    try {
      const answer = await check()
      if (answer !== undefined && answer !== false) return answer as Exclude<Answer, undefined | false>
    } catch (error) {
      reason = `: ${error instanceof Error ? error.message : String(error)}`
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms${reason}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
