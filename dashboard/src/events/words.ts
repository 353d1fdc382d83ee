/** What is said of an event without deliveries. Whether they have been made is known of what a request brought. */
export function noDeliveries(isFannedOut: boolean | undefined): string {
  if (isFannedOut === undefined) return 'There are none: no endpoint asked for it, or it is not handed on yet.'
  return isFannedOut ? 'It went to no endpoint: none asked for it.' : 'It is not handed on yet.'
}
