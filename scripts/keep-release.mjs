// @ts-check
// `node scripts/keep-release.mjs`: starts this version on each engine, lets it work, and keeps what it leaves in
// server/test/releases/. Once a version stands in CHANGELOG.md its folder stays as it is.
import './node-version.mjs'

const { readdirSync, readFileSync } = await import('node:fs')
const { join } = await import('node:path')
const { endWithSignals, root, runNode } = await import('./run.mjs')
const { prepare } = await import('./prepare.mjs')

/** @type {{ version: string }} */
const { version } = JSON.parse(readFileSync(join(root, 'server/package.json'), 'utf8'))
const folder = `server/test/releases/${version}`

endWithSignals()
try {
  if (readFileSync(join(root, 'CHANGELOG.md'), 'utf8').includes(`\n## [${version}]`))
    throw new Error(`${version} is released: ${folder} stays as it is. Raise the version in server/package.json first.`)
  await prepare()
  const config = 'server/test/releases/vitest.config.ts'
  const { code } = await runNode('node_modules/vitest/vitest.mjs', ['run', '--config', config], { show: true })
  if (code !== 0) throw new Error(`${folder} was not made.`)
  const texts = readdirSync(join(root, folder)).filter((name) => name.endsWith('.json'))
  const files = texts.map((name) => `${folder}/${name}`)
  const { output, code: formatted } = await runNode('node_modules/@biomejs/biome/bin/biome', [
    'format',
    '--write',
    ...files,
  ])
  if (formatted !== 0) throw new Error(output)
  console.log(`Kept in ${folder}.`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
