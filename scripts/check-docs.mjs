// @ts-check
// Every relative link and #anchor of every Markdown file leads somewhere, and nothing of one machine stands in them.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { filesBelow } from './files.mjs'
import { root as repository } from './run.mjs'

/** @type {readonly { words: RegExp, reason: string }[]} */
const unwanted = [
  {
    words: /(?<![\w.:/-])\/(home|root|Users)\/[\w.-]+/g,
    reason: 'a folder of one machine: write a path below the repository',
  },
  { words: /\b[A-Z]:\\Users\\/g, reason: 'a folder of one machine: write a path below the repository' },
  { words: /\b(TODO|FIXME)\b(?!.*#\d)/g, reason: 'unfinished: finish it, or name an issue' },
]

/**
 * What is wrong, as lines `file:line: what`.
 * @param {string} root
 * @returns {string[]}
 */
export function checkDocs(root) {
  const files = filesBelow(root, /\.md$/)
  const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
  return files.flatMap((file) => {
    const text = texts.get(file) ?? ''
    return [...brokenLinks(root, file, text, texts), ...unwantedWords(file, text)]
  })
}

/** @param {string} root @param {string} file @param {string} text @param {ReadonlyMap<string, string>} texts */
function brokenLinks(root, file, text, texts) {
  return linksOf(text).flatMap(({ target, line }) => {
    if (/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target)) return []
    const [path = '', anchor] = target.split('#', 2).map(decode)
    const to =
      path === '' ? file : posix.normalize(path.startsWith('/') ? path.slice(1) : posix.join(posix.dirname(file), path))
    if (to.startsWith('..')) return [`${file}:${line}: ${target} leads out of the repository`]
    if (!existsSync(join(root, to))) return [`${file}:${line}: there is no ${to}`]
    if (!anchor) return []
    const page = statSync(join(root, to)).isDirectory() ? posix.join(to, 'README.md') : to
    const known = texts.get(page)
    if (known === undefined) return page.endsWith('.md') ? [`${file}:${line}: there is no ${page}`] : []
    return anchorsOf(known).has(anchor) ? [] : [`${file}:${line}: ${page} has no heading #${anchor}`]
  })
}

/** @param {string} file @param {string} text */
function unwantedWords(file, text) {
  return unwanted.flatMap(({ words, reason }) =>
    [...text.matchAll(words)].map((match) => `${file}:${lineAt(text, match.index)}: "${match[0]}": ${reason}`),
  )
}

/**
 * The targets of links, images and reference definitions, outside of code.
 * @param {string} markdown
 * @returns {{ target: string, line: number }[]}
 */
export function linksOf(markdown) {
  const text = withoutCode(markdown)
  const forms = [
    /\]\(\s*<?([^\s)>]+)>?(?:\s+["'(][^)]*)?\)/g,
    /^ {0,3}\[[^\]^]+\]:\s*<?([^\s>]+)>?/gm,
    /<(?:a|img|source)\s[^>]*?\b(?:href|src|srcset)\s*=\s*["']([^"']+)["']/gi,
  ]
  return forms
    .flatMap((form) => [...text.matchAll(form)])
    .map((match) => ({ target: match[1] ?? '', line: lineAt(text, match.index) }))
    .sort((a, b) => a.line - b.line)
}

/**
 * What `#…` may name on a page: its headings as GitHub writes them, and ids set by hand.
 * @param {string} markdown
 * @returns {Set<string>}
 */
export function anchorsOf(markdown) {
  /** @type {Map<string, number>} */
  const seen = new Map()
  /** @type {Set<string>} */
  const anchors = new Set()
  for (const [, title = ''] of withoutFences(markdown).matchAll(/^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$/gm)) {
    const slug = slugOf(title)
    const times = seen.get(slug) ?? 0
    seen.set(slug, times + 1)
    anchors.add(times === 0 ? slug : `${slug}-${times}`)
  }
  for (const [, id = ''] of withoutCode(markdown).matchAll(/<\w+\s[^>]*?\b(?:id|name)\s*=\s*["']([^"']+)["']/gi))
    anchors.add(id)
  return anchors
}

/** @param {string} title */
function slugOf(title) {
  return title
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/<[^>]*>/g, '')
    .replace(/`/g, '')
    .replace(/\*+([^*]+)\*+/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}_\- ]/gu, '')
    .replace(/ /g, '-')
}

/** @param {string} markdown */
function withoutCode(markdown) {
  return withoutFences(markdown).replace(/(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, blanked)
}

/** Fenced code and HTML comments become blanks, so that lines keep their numbers. @param {string} markdown */
function withoutFences(markdown) {
  return markdown
    .replace(/^( {0,3})(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^ {0,3}\2[`~]*\s*$|$(?![\s\S]))/gm, blanked)
    .replace(/<!--[\s\S]*?-->/g, blanked)
}

/** @param {string} text */
function blanked(text) {
  return text.replace(/[^\n]/g, ' ')
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** @param {string} text @param {number} at */
function lineAt(text, at) {
  return text.slice(0, at).split('\n').length
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = checkDocs(repository)
  for (const each of found) console.error(each)
  process.exitCode = found.length > 0 ? 1 : 0
}
