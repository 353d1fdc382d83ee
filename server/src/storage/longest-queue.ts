/** What a network holds, and the oldest of it. */
export interface Queue<Item extends Weighed> {
  network: string
  /** All that it holds, in what is counted. */
  length: number
  /** Its oldest, the first first. */
  items: readonly Item[]
}

export interface Weighed {
  bytes: number
}

/**
 * What has to go when a source holds too much: again and again the oldest of the network that holds most, until as much is
 * gone as is too much. Who holds no more than an even part is never the one who holds most, and loses nothing.
 *
 * `queues` are the longest ones, and `unseen` is how long any other may be: this stops where one of those may be the
 * longest, and where the items that are given of the longest one come to an end. It then has to be asked again; unless
 * the longest one has no items at all, it has let go of at least one.
 */
export function longestQueueDrop<Item extends Weighed>(
  queues: readonly Queue<Item>[],
  { excess, unseen, weigh }: { excess: number; unseen: number; weigh: (item: Item) => number },
): Item[] {
  const open = queues.map(({ length, items }) => ({ length, items, next: 0 }))
  const dropped: Item[] = []
  let left = excess
  while (left > 0) {
    const longest = open.reduce<(typeof open)[number] | undefined>(
      (most, each) => (most === undefined || each.length > most.length ? each : most),
      undefined,
    )
    const item = longest?.items[longest.next]
    if (longest === undefined || item === undefined || (longest.length < unseen && dropped.length > 0)) break
    longest.next++
    longest.length -= weigh(item)
    left -= weigh(item)
    dropped.push(item)
  }
  return dropped
}
