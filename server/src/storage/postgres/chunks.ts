/** What one statement may carry. It stands in memory three times on its way: here, in the driver, in the server. */
const statementBytes = 8 * 1024 * 1024

/** Parts of a list that each weigh no more than a statement may carry; what is heavier than that goes alone. */
export function* chunks<Item>(items: readonly Item[], weigh: (item: Item) => number): Generator<readonly Item[]> {
  let begin = 0
  let weight = 0
  for (const [i, item] of items.entries()) {
    const next = weigh(item)
    if (i > begin && weight + next > statementBytes) {
      yield items.slice(begin, i)
      begin = i
      weight = 0
    }
    weight += next
  }
  if (begin < items.length) yield begin === 0 ? items : items.slice(begin)
}
