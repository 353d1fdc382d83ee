import { mkdtempSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { forNode } from '../../scripts/bundle-server.mjs'

/** What tests start beside themselves, under the names by which `boot.mjs` looks for it. */
const entries = {
  writer: 'writer.ts',
  reader: 'reader.ts',
  parser: 'parser.ts',
  'storage-exercise-writer': 'storage/exercise/writer.ts',
  'storage-exercise-hold-folder': 'storage/exercise/hold-folder.ts',
}

const server = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))

/**
 * Bundles the threads and processes that tests start hundreds of times: each would read its hundred files, and translate
 * them, before the first statement. Run by vitest in its main process, before all tests.
 */
export async function setup(): Promise<() => void> {
  // One folder below the workspace, as `src` is, so that relative paths stay true.
  const outdir = mkdtempSync(server('.entries-'))
  await build({
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, server(`src/${file}`)])),
    outdir,
    conditions: ['trunkline-source'],
    ...forNode,
  })
  process.env.TRUNKLINE_TEST_ENTRIES = outdir
  return () => rmSync(outdir, { recursive: true, force: true })
}
