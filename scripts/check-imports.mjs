// @ts-check
// Holds the repository to the table in import-ranks.mjs, and finds import cycles, types included.
import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { blank } from './blank.mjs'
import { filesBelow } from './files.mjs'
import { packages, reserved, words, zones } from './import-ranks.mjs'
import { importsOf, lineOf } from './imports-of.mjs'

/** @typedef {{ file: string, line: number, broken: string, reason: string }} Violation */
/** @typedef {import('./imports-of.mjs').Import & { target: string | undefined }} Resolved */
/** @typedef {{ file: string, source: string, code: string, zone: Place, imports: Resolved[] }} Parsed */
/** @typedef {import('./import-ranks.mjs').Zone & { name: string }} Place */

const sourceFile = /\.(ts|tsx|mts|mjs)$/

/**
 * Everything in the tree that breaks a rule.
 * @param {string} root
 * @returns {Violation[]}
 */
export function checkImports(root) {
  const files = filesBelow(root, sourceFile)
  const known = new Set(files)
  const workspaces = workspaceEntries(root)
  const parsed = files.map((file) => parse(root, file, known, workspaces))
  return [
    ...parsed.flatMap((each) => [...brokenRanks(each), ...brokenPackages(each), ...brokenWords(each)]),
    ...cycles(parsed),
  ]
}

/** @param {string} root @param {string} file @param {ReadonlySet<string>} known @param {ReadonlyMap<string, string>} workspaces @returns {Parsed} */
function parse(root, file, known, workspaces) {
  const source = readFileSync(join(root, file), 'utf8')
  const code = blank(source)
  const imports = importsOf(source, code).map((each) => ({
    ...each,
    target: targetOf(file, each.specifier, known, workspaces),
  }))
  return { file, source, code, zone: zoneOf(file), imports }
}

/** @param {string} file @returns {Place} */
export function zoneOf(file) {
  for (const zone of zones) {
    const match = zone.files.exec(file)
    if (match) return { ...zone, name: zone.name.replace('$1', match[1] ?? '') }
  }
  return {
    name: file,
    files: /^$/,
    values: [],
    reason: 'this place is not in scripts/import-ranks.mjs: give it a line there',
  }
}

/** @param {Parsed} parsed @returns {Violation[]} */
function brokenRanks({ file, zone, imports }) {
  /** @type {Violation[]} */
  const found = []
  for (const { target, specifier, line, isType } of imports) {
    if (target === undefined) continue
    const to = zoneOf(target)
    const keeper = reserved.find((each) => each.zone === to.name && !each.by.includes(zone.name))
    if (keeper && to.name !== zone.name) {
      found.push({ file, line, broken: `${zone.name} imports ${specifier}`, reason: keeper.reason })
    } else if (!mayImport(zone, to, target, isType)) {
      const isTypeOnly = !isType && mayImport(zone, to, target, true)
      const broken = `${zone.name} imports ${isTypeOnly ? 'values of ' : ''}${to.name} (${specifier})`
      found.push({ file, line, broken, reason: zone.reason })
    }
  }
  return found
}

/** @param {Place} zone @param {Place} to @param {string} target @param {boolean} isType */
function mayImport(zone, to, target, isType) {
  if (zone.name === to.name) return true
  const allowed = isType ? [...zone.values, ...(zone.types ?? [])] : zone.values
  return allowed.some(
    (each) =>
      each === '*' ||
      each === to.name ||
      (each.endsWith('/*') && to.name.startsWith(each.slice(0, -1))) ||
      target === `server/src/${each}` ||
      (each.includes('/') && target.startsWith(`server/src/${each}/`)),
  )
}

/** @param {Parsed} parsed @returns {Violation[]} */
function brokenPackages({ file, zone, imports }) {
  if (!file.startsWith('server/src/') || zone.name === 'tests') return []
  return imports.flatMap(({ specifier, line }) =>
    packages
      .filter((rule) => rule.packages.test(packageOf(specifier)))
      .filter(({ by, notBy }) => (by ? !by.includes(zone.name) : notBy?.test(zone.name)))
      .map(({ reason }) => ({ file, line, broken: `${zone.name} imports ${specifier}`, reason })),
  )
}

/** `undici/types` is of `undici`; Node's own modules are known with and without `node:`. @param {string} specifier */
function packageOf(specifier) {
  if (isBuiltin(specifier)) return specifier.startsWith('node:') ? specifier : `node:${specifier}`
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

/** @param {Parsed} parsed @returns {Violation[]} */
function brokenWords({ file, source, code, zone }) {
  if (zone.name === 'tests') return []
  return words
    .filter((rule) => rule.in.test(file) && !rule.except.test(file))
    .flatMap((rule) =>
      [...code.matchAll(new RegExp(rule.words, 'g'))].map((match) => ({
        file,
        line: lineOf(source, match.index),
        broken: `${rule.shown} outside of its place`,
        reason: rule.reason,
      })),
    )
}

/**
 * The circles of imports: each import that leads a walk back to where it came from, with the way around.
 * @param {readonly Parsed[]} parsed
 * @returns {Violation[]}
 */
function cycles(parsed) {
  const graph = new Map(parsed.map((each) => [each.file, each.imports]))
  /** @type {Violation[]} */
  const found = []
  /** @type {Set<string>} */
  const done = new Set()
  /** @type {string[]} */
  const way = []
  for (const { file } of parsed) visit(file)
  return found

  /** @param {string} file */
  function visit(file) {
    if (done.has(file)) return
    way.push(file)
    for (const { target, line } of graph.get(file) ?? []) {
      if (target === undefined || done.has(target)) continue
      const from = way.indexOf(target)
      if (from < 0) visit(target)
      else {
        const circle = [...way.slice(from), target].join(' → ')
        found.push({
          file,
          line,
          broken: `import cycle: ${circle}`,
          reason: 'no import cycles, types included: nothing in a circle can be read or tested alone',
        })
      }
    }
    way.pop()
    done.add(file)
  }
}

/** The file that an import means, when it is one of ours. @param {string} from @param {string} specifier @param {ReadonlySet<string>} known @param {ReadonlyMap<string, string>} workspaces */
function targetOf(from, specifier, known, workspaces) {
  if (!specifier.startsWith('.')) return workspaces.get(specifier)
  const path = posix.join(posix.dirname(from), specifier)
  const candidates = [path, path.replace(/\.js$/, '.ts'), `${path}.ts`, `${path}/index.ts`]
  return candidates.find((each) => known.has(each))
}

/** The source of each workspace's entries, by what they are imported as. @param {string} root @returns {Map<string, string>} */
function workspaceEntries(root) {
  /** @type {Map<string, string>} */
  const entries = new Map()
  for (const folder of readJson(join(root, 'package.json')).workspaces ?? []) {
    const { name, exports = {} } = readJson(join(root, folder, 'package.json'))
    for (const [path, target] of Object.entries(exports)) {
      const source = target?.['trunkline-source']
      if (source !== undefined) entries.set(posix.join(name, path), posix.join(folder, source))
    }
  }
  return entries
}

/** @param {string} file @returns {{ name: string, workspaces?: string[], exports?: Record<string, { 'trunkline-source'?: string }> }} */
function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { name: '' }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = checkImports(dirname(dirname(fileURLToPath(import.meta.url))))
  for (const { file, line, broken, reason } of found) console.error(`${file}:${line}: ${broken}\n    ${reason}`)
  process.exitCode = found.length > 0 ? 1 : 0
}
