// @ts-check
// Loaded before a server (`--import`): the parser of generic sources is another one. TRUNKLINE_TEST_PARSER says which:
// `before` cannot read every fifth body, `after` can, and reads others in another way.
const script = process.argv[1] ?? ''
const isBuilt = /main\.js$/.test(script)

// Only the server itself parses these small bodies, not its threads and its reader.
if (isBuilt || /main\.ts$/.test(script)) {
  if (!isBuilt) (await import('tsx/esm/api')).register()
  const file = isBuilt ? '../dist/inbound/sources/generic/source.js' : '../src/inbound/sources/generic/source.ts'
  const { default: generic } = await import(new URL(file, import.meta.url).href)
  const isAfter = process.env.TRUNKLINE_TEST_PARSER === 'after'
  generic.parse = (/** @type {import('../src/inbound/source.ts').Readable} */ request) => {
    const { text, value } = request.json()
    const { n } = /** @type {{ n: number }} */ (value)
    const key = request.headers.get('idempotency-key') ?? null
    const event = { dedupeKey: key, type: 'generic.event', subject: `n ${n}`, data: text }
    const part = (/** @type {string} */ name) => ({
      ...event,
      dedupeKey: key && `${key}/${name}`,
      data: JSON.stringify({ n, name }),
    })
    switch (n % 5) {
      // One event becomes two others.
      case 1:
        return isAfter ? [{ ...part('first'), dedupeKey: key }, part('second')] : [event]
      // An event of another type takes its place.
      case 2:
        return [isAfter ? { ...event, type: 'generic.renamed' } : event]
      case 3:
        if (!isAfter) throw new Error('a fault of this parser')
        return [event, part('more')]
      // Without a key: one more beside two equal ones.
      case 4:
        return isAfter ? [event, event, part('third')] : [event, event]
      default:
        return [event]
    }
  }
}
