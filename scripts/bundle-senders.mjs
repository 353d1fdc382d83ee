// @ts-check
// Puts the built senders into the built SDK, so that the packed SDK needs no other package. Part of the build, and of
// `npm pack` (sdk/package.json); doing it twice changes nothing.
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './run.mjs'

/** @param {string} [repository] */
export function bundleSenders(repository = root) {
  const senders = join(repository, 'senders/dist')
  const sdk = join(repository, 'sdk/dist')
  for (const file of [join(senders, 'index.js'), join(sdk, 'testing.js')])
    if (!existsSync(file)) throw new Error(`${file} is missing: run \`npm run build\` first`)
  rmSync(join(sdk, 'senders'), { recursive: true, force: true })
  cpSync(senders, join(sdk, 'senders'), { recursive: true, filter: (file) => !/\.(tsbuildinfo|map)$/.test(file) })
  for (const name of ['testing.js', 'testing.d.ts']) {
    const file = join(sdk, name)
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/(['"])@trunkline\/senders\1/g, "'./senders/index.js'"))
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) bundleSenders()
