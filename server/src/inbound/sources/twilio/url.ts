/** Whether a text is an address as Twilio may be given it. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\/[!-~]+$/i.test(text) && URL.canParse(text)
}

/**
 * The addresses that Twilio may have signed for a request that came to this one: as it is, without its port, and with it.
 * Twilio's own parts do not agree, and its SDK tries them all.
 * https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export function signedAddresses(address: string): readonly string[] {
  const parts = /^(https?:\/\/)([^/?#]*@)?(\[[^\]/?#]*\]|[^:/?#]*)(:\d+)?(.*)$/is.exec(address)
  if (!parts) return [address]
  const [, scheme = '', user = '', host = '', port, rest = ''] = parts
  const usual = scheme.toLowerCase() === 'https://' ? ':443' : ':80'
  return [`${scheme}${user}${host}${rest}`, `${scheme}${user}${host}${port ?? usual}${rest}`]
}

/** The address as Twilio was given it, with the query that it was asked with: Twilio adds the hash of a body there. */
export function withQueryOf(publicUrl: string, address: string): string {
  const base = publicUrl.replace(/[?#].*$/s, '')
  const query = address.indexOf('?')
  return query < 0 ? base : base + address.slice(query)
}

/** The hashes of the body that stand in an address. A form's has none, any other one. */
export function bodyHashes(address: string): readonly string[] {
  const query = address.indexOf('?')
  if (query < 0) return []
  return new URLSearchParams(address.slice(query + 1)).getAll('bodySHA256')
}
