/**
 * Waits for everything that was begun and answers all results, or rejects with the first failure once nothing is under
 * way any more. Inside a transaction `Promise.all` would let the rest go on after the rollback.
 */
export async function together<const Begun extends readonly Promise<unknown>[]>(
  begun: Begun,
): Promise<{ -readonly [K in keyof Begun]: Awaited<Begun[K]> }> {
  const settled = await Promise.allSettled(begun)
  for (const each of settled) if (each.status === 'rejected') throw each.reason
  return settled.map((each) => (each as PromiseFulfilledResult<unknown>).value) as never
}
