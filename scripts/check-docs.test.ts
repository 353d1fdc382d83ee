import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { anchorsOf, checkDocs, linksOf } from './check-docs.mjs'
import { describeErrors } from './generate-errors.mjs'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function check(files: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-docs-'))
  folders.push(folder)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return checkDocs(folder)
}

describe('checkDocs', () => {
  it('accepts links to files, folders, headings and other sites', () => {
    const files = {
      'README.md':
        '# Top\n[a](docs/a.md) [b](docs/a.md#the-second-part) [c](#top) [d](docs) [e](https://example.com/x#y) ![f](docs/f.png "F")\n\n[g]: ./docs/a.md\n<img src="docs/f.png">',
      'docs/a.md': '## The *second* part\n[up](../README.md#top) [root](/README.md)',
      'docs/f.png': '',
    }
    expect(check(files)).toEqual([])
  })

  it.each([
    ['[a](docs/none.md)', 'README.md:1: there is no docs/none.md'],
    ['\n\n[a]: none.md', 'README.md:3: there is no none.md'],
    ['<a href="none.md">x</a>', 'README.md:1: there is no none.md'],
    ['[a](#none)', 'README.md:1: README.md has no heading #none'],
    ['[a](docs/a.md#none)', 'README.md:1: docs/a.md has no heading #none'],
    ['[a](../outside.md)', 'README.md:1: ../outside.md leads out of the repository'],
  ])('refuses %j', (text, message) => {
    expect(check({ 'README.md': text, 'docs/a.md': '# A' })).toEqual([message])
  })

  it('passes over code and comments', () => {
    expect(
      check({ 'README.md': '`[a](none.md)`\n```md\n[a](none.md)\n```\n<!-- [a](none.md) -->\n~~~\n# [a](#b)\n~~~' }),
    ).toEqual([])
  })

  it.each(['see /home/ann/trunkline', '```\ncd /root/trunkline\n```', '/Users/ann/x', 'TODO: more'])(
    'refuses the words of %j',
    (text) => {
      expect(check({ 'README.md': text })).toHaveLength(1)
    },
  )

  it.each(['https://example.com/home/page', './home/ann', 'TODO (#12): more'])('accepts the words of %j', (text) => {
    expect(check({ 'README.md': text })).toEqual([])
  })
})

it('writes anchors as GitHub does', () => {
  const page =
    '# One: two & three\n## `npm start`\n## [Link](x.md) text\n## Same\n## Same\n### ERROR_CODE\n```\n# no\n```\n<a id="own"></a>'
  expect([...anchorsOf(page)]).toEqual([
    'one-two--three',
    'npm-start',
    'link-text',
    'same',
    'same-1',
    'error_code',
    'own',
  ])
})

it('finds links with titles and angle brackets', () => {
  expect(linksOf('[a](<b.md> "c")\n![d](e.png)').map((each) => each.target)).toEqual(['b.md', 'e.png'])
})

it('describes each problem with its code, status, title and advice', () => {
  const page = describeErrors({ NOT_FOUND: { title: 'Nothing there', advice: 'Look again.' } }, { NOT_FOUND: 404 })
  expect(page).toContain('## NOT_FOUND\n\nStatus 404. **Nothing there.** Look again.\n')
})
