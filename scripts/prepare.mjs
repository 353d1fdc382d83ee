// @ts-check
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleSenders } from './bundle-senders.mjs'
import { filesBelow } from './files.mjs'
import { isInstalled } from './installed.mjs'
import { withLock } from './lock.mjs'
import { root, run, runNode } from './run.mjs'

/** What was installed and built last, each as a hash. `npm ci` empties the folder, and rightly so. */
const stamps = join(root, 'node_modules/.trunkline')

/** The folders of the workspaces. @type {readonly string[]} */
const workspaces = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).workspaces

/**
 * Installs the packages and builds, each only when what it is made from has changed since the last time. Several at once
 * wait for each other. Throws an Error with the output of what failed.
 * @param {{ build?: 'never' | 'if-changed' | 'always' }} [wishes]
 */
export async function prepare({ build = 'if-changed' } = {}) {
  const isDone = () => build === 'never' || (build === 'if-changed' && isBuilt())
  if (isCurrent('install', installHash()) && isDone()) return
  await withLock(
    join(root, '.cache/prepare.lock'),
    async () => {
      if (!isCurrent('install', installHash())) await install()
      if (!isDone()) await compile()
    },
    () => console.log('Waiting for another start that is installing or building.'),
  )
}

async function install() {
  const hash = installHash()
  if (!isInstalled(root, workspaces)) {
    const isFirst = !existsSync(join(root, 'node_modules'))
    console.log(
      isFirst
        ? 'Installing the packages. This is done once, and takes up to a few minutes.'
        : 'Installing the packages: what is there is out of date or incomplete.',
    )
    rmSync(stamps, { recursive: true, force: true })
    const { code, output } = await npm(['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'])
    if (code !== 0) throw new Error(`npm ci failed:\n${output}`)
  }
  stamp('install', hash)
}

async function compile() {
  const hash = buildHash()
  const projects = workspaces.filter((each) => sources(each).length > 0)
  const { code, output } = await runNode('node_modules/typescript/bin/tsc', ['-b', ...projects])
  if (code !== 0) throw new Error(`The build failed:\n${output}`)
  bundleSenders()
  // Not before the packages are there.
  await (await import('./bundle-server.mjs')).bundleServer()
  stamp('build', hash)
}

/** npm is run by the file that started us, when it did: on Windows there is no program `npm`. @param {string[]} args */
function npm(args) {
  const script = process.env.npm_execpath
  return script && /npm-cli\.c?js$/.test(script)
    ? run(process.execPath, [script, ...args])
    : run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args)
}

function isBuilt() {
  const outputs = workspaces
    .filter((each) => sources(each).length > 0)
    .map((each) => join(root, each, 'dist/.tsbuildinfo'))
  outputs.push(join(root, 'server/bundle/main.js'))
  return outputs.every((each) => existsSync(each)) && isCurrent('build', buildHash())
}

/** Binaries differ by platform, so a folder that was copied from another machine is not current. */
function installHash() {
  return hashOf(
    ['package-lock.json', 'package.json', ...workspaces.map((each) => `${each}/package.json`)],
    `${process.platform} ${process.arch}`,
  )
}

function buildHash() {
  const settings = [
    'scripts/bundle-server.mjs',
    ...workspaces.flatMap((each) => [`${each}/package.json`, `${each}/tsconfig.json`]),
  ]
  return hashOf(['package-lock.json', 'tsconfig.base.json', ...settings, ...workspaces.flatMap(sources)])
}

/** @param {string} workspace */
function sources(workspace) {
  const folder = `${workspace}/src`
  if (!existsSync(join(root, folder))) return []
  return filesBelow(join(root, folder), /\.tsx?$/)
    .map((each) => `${folder}/${each}`)
    .filter((each) => !/\.test\.tsx?$|\/exercise/.test(each))
}

/** Of the contents, not the times: a fresh checkout of the same commit is the same. @param {string[]} files @param {string} [more] */
function hashOf(files, more = '') {
  const hash = createHash('sha256').update(more)
  for (const file of files) {
    const content = readFileSync(join(root, file))
    hash.update(`\n${file} ${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}

/** @param {string} name @param {string} hash */
function isCurrent(name, hash) {
  try {
    return readFileSync(join(stamps, name), 'utf8') === hash
  } catch {
    return false
  }
}

/** Appears whole or not at all. @param {string} name @param {string} hash */
function stamp(name, hash) {
  mkdirSync(stamps, { recursive: true })
  const aside = join(stamps, `${name}.${process.pid}`)
  writeFileSync(aside, hash)
  renameSync(aside, join(stamps, name))
}
