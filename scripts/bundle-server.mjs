// @ts-check
// Puts the built server and its packages into a few files, because reading a thousand took most of its start
// (decisions/0015-the-server-starts-from-a-bundle.md). Part of the build.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { root } from './run.mjs'

/** What is started by itself: the server, its threads and its processes (server/src/entries.ts). */
const entries = ['main', 'writer', 'reader', 'parser', 'fact-reader']

/**
 * How what runs on Node is bundled, packages and all.
 * @satisfies {import('esbuild').BuildOptions}
 */
export const forNode = {
  bundle: true,
  splitting: true,
  format: /** @type {const} */ ('esm'),
  platform: /** @type {const} */ ('node'),
  target: 'node20',
  // The one is a binary beside its package; the other is asked for and may be missing.
  external: ['@photostructure/sqlite', 'pg-native'],
  // The packages that are CommonJS ask for Node's own modules in their way.
  banner: {
    js: `import { createRequire as createRequireOfNode } from 'node:module'; const require = createRequireOfNode(import.meta.url);`,
  },
  logLevel: /** @type {const} */ ('error'),
}

/** Writes `server/bundle/`, one folder below the workspace as `src` and `dist` are, so that relative paths stay true. */
export async function bundleServer() {
  const outdir = join(root, 'server/bundle')
  rmSync(outdir, { recursive: true, force: true })
  await build({
    entryPoints: entries.map((name) => join(root, `server/dist/${name}.js`)),
    outdir,
    sourcemap: true,
    sourcesContent: false,
    ...forNode,
  })
}
