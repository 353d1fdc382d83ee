import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const read = <Content>(file: string) =>
  JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')) as Content
const { dependencies } = read<{ dependencies: Record<string, string> }>('rivals/package.json')

describe('the packages of the rivals', () => {
  it('are exact versions, the same ones in the lock file', () => {
    const { packages } = read<{ packages: Record<string, { version: string }> }>('rivals/package-lock.json')
    const locked = Object.keys(dependencies).map((name) => [name, packages[`node_modules/${name}`]?.version])
    expect(Object.fromEntries(locked)).toEqual(dependencies)
  })

  it('are locked without the address of a registry', () => {
    const { packages } = read<{ packages: Record<string, { resolved?: string }> }>('rivals/package-lock.json')
    expect(Object.values(packages).filter(({ resolved }) => resolved?.includes('://'))).toEqual([])
  })
})
