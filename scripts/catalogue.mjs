// @ts-check
import { tsImport } from 'tsx/esm/api'

/** What the generated pages and types are made of, read from the sources: nothing has to be built. */
export async function readCatalogue() {
  /** @template Module @param {string} file @returns {Promise<Module>} */
  const load = (file) => tsImport(file, import.meta.url)
  /** @type {typeof import('../server/src/inbound/sources/index.ts')} */
  const { sourceDefinitions: definitions } = await load('../server/src/inbound/sources/index.ts')
  /** @type {typeof import('../server/src/api/event-types/catalogue.ts')} */
  const { catalogueOf, schemaOf } = await load('../server/src/api/event-types/catalogue.ts')
  /** @type {typeof import('../server/src/api/event-types/sample.ts')} */
  const { sampleOf, samplesOf } = await load('../server/src/api/event-types/sample.ts')
  /** @type {typeof import('../senders/src/index.ts')} */
  const { senders } = await load('../senders/src/index.ts')
  const played = { senders, definitions }
  return {
    definitions: [...definitions.values()],
    types: [...catalogueOf(definitions).values()].map((entry) => ({
      type: entry.type,
      description: entry.description,
      kinds: entry.kinds,
      /** JSON Schema of its data, or null where nobody has described it. */
      schema: schemaOf(entry),
      /** The first that a sender plays of it. */
      sample: withSecret(sampleOf(entry.type, entry.kinds, played), definitions),
    })),
    /** @param {string} kind the types of the events that its sender plays */
    playedTypes: (kind) => [...new Set([...samplesOf(kind, played)].map(({ type }) => type))],
  }
}

/**
 * A sample, and whether there is a secret to send it with.
 * @param {import('../server/src/api/event-types/sample.ts').TypeSample | undefined} sample
 * @param {ReadonlyMap<string, import('../server/src/inbound/source.ts').SourceDefinition>} definitions
 */
function withSecret(sample, definitions) {
  return sample && { ...sample, hasSecret: definitions.get(sample.kind)?.isSecretless !== true }
}

/** @typedef {Awaited<ReturnType<typeof readCatalogue>>} Catalogue */
/** @typedef {Catalogue['types'][number]} CatalogueType */
