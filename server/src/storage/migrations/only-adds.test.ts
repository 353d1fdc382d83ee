import { describe, expect, it } from 'vitest'
import { migrations } from './index.ts'

/** What stands in the way of a running process of the version before, or undefined. */
function faultOf(statement: string): string | undefined {
  const text = statement
    .replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
    .replace(/'(?:[^']|'')*'/g, "''")
    .replace(/\s+/g, ' ')
    .trim()
  if (text.includes(';')) return 'is more than one statement'
  if (/^CREATE (TABLE|SEQUENCE) (?!.* AS (SELECT|WITH|VALUES|TABLE)\b)/i.test(text)) return undefined
  if (/^CREATE INDEX (?!CONCURRENTLY\b)/i.test(text)) return undefined
  if (/^INSERT INTO (?!.* DO UPDATE\b)/i.test(text)) return undefined
  const [, actions] = /^ALTER TABLE (?:IF EXISTS )?[\w.]+ (.*)$/i.exec(text) ?? []
  if (actions === undefined) return 'does something else than add'
  for (const action of partsOf(actions)) {
    const fault = faultOfAction(action)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** `ADD COLUMN name type`, and no more than a default that is the same for every row. */
function faultOfAction(action: string): string | undefined {
  const [, column] = /^ADD COLUMN (?:IF NOT EXISTS )?\w+ (.*)$/i.exec(action) ?? []
  if (column === undefined) return `does "${action}"`
  const given = /\bDEFAULT (?:''|-?[\d.]+|NULL|TRUE|FALSE)(?= |::|$)/i.test(column)
  if (/\bDEFAULT\b/i.test(column) && !given) return 'has a default that is computed, so every row is written anew'
  if (/\bNOT NULL\b/i.test(column) && !given) return 'adds a column that a process which does not know it must fill'
  if (/\b(UNIQUE|PRIMARY|REFERENCES|CHECK|GENERATED|CONSTRAINT)\b/i.test(column)) return 'adds a rule to a table in use'
  return undefined
}

/** The tables that were there before a step and that it locks. */
function tablesInUse(statements: readonly string[]): string[] {
  const made = statements.flatMap((each) => /^\s*CREATE TABLE (?:IF NOT EXISTS )?(\w+)/i.exec(each)?.[1] ?? [])
  const locked = statements.flatMap(
    (each) => /^\s*(?:ALTER TABLE (?:IF EXISTS )?|CREATE INDEX .*?\bON )(\w+)/i.exec(each)?.[1] ?? [],
  )
  return [...new Set(locked)].filter((table) => !made.includes(table))
}

/** The actions of one ALTER TABLE: commas within brackets divide nothing. */
function partsOf(actions: string): string[] {
  return actions.split(/,(?![^(]*\))/).map((each) => each.trim())
}

describe('what a step on PostgreSQL may do while processes of the version before run beside it', () => {
  it.each([
    'CREATE TABLE colours (id text COLLATE "C" PRIMARY KEY, name text NOT NULL)',
    'CREATE INDEX events_by_colour ON events (colour) WHERE colour IS NOT NULL',
    'CREATE SEQUENCE colours_seq AS bigint CACHE 1',
    'ALTER TABLE events ADD COLUMN colour text',
    'ALTER TABLE events ADD COLUMN price numeric(10, 2), ADD COLUMN size bigint NOT NULL DEFAULT 0',
    "ALTER TABLE endpoints\n ADD COLUMN note text NOT NULL DEFAULT 'nothing; DROP it'",
    "INSERT INTO colours (id, name) VALUES ('a', 'DROP')",
    'INSERT INTO colours SELECT id, id FROM events ON CONFLICT DO NOTHING',
  ])('may: %s', (statement) => {
    expect(faultOf(statement)).toBeUndefined()
  })

  it.each([
    'DROP TABLE events',
    'TRUNCATE events',
    'UPDATE events SET type = 1',
    'DELETE FROM events',
    'ALTER TABLE events DROP COLUMN type',
    'ALTER TABLE events RENAME TO log',
    'ALTER TABLE events RENAME COLUMN type TO kind',
    'ALTER TABLE events ALTER COLUMN seq TYPE integer',
    'ALTER TABLE events ALTER subject SET NOT NULL',
    'ALTER TABLE events ADD COLUMN colour text, DROP COLUMN type',
    'ALTER TABLE events ADD COLUMN colour text NOT NULL',
    'ALTER TABLE events ADD COLUMN colour text NOT NULL DEFAULT random()',
    'ALTER TABLE events ADD COLUMN at timestamptz DEFAULT now()',
    'ALTER TABLE events ADD COLUMN colour text UNIQUE',
    'ALTER TABLE events ADD COLUMN colour text REFERENCES colours (id)',
    'ALTER TABLE events ADD COLUMN half bigint GENERATED ALWAYS AS (seq / 2) STORED',
    'ALTER TABLE events ADD CONSTRAINT short CHECK (length(type) < 9)',
    'ALTER TYPE mood ADD VALUE happy',
    'CREATE UNIQUE INDEX one ON events (subject)',
    'CREATE INDEX CONCURRENTLY one ON events (subject)',
    'CREATE TABLE copy AS SELECT * FROM events',
    'CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
    'CREATE TRIGGER t BEFORE INSERT ON events EXECUTE FUNCTION f()',
    'INSERT INTO colours SELECT 1 ON CONFLICT (id) DO UPDATE SET name = 2',
    'CREATE TABLE colours (id text); DROP TABLE events',
    '/* CREATE TABLE */ DROP TABLE events',
    'LOCK TABLE events',
  ])('may not: %s', (statement) => {
    expect(faultOf(statement)).toBeTypeOf('string')
  })
})

it('the tables that a step locks are found', () => {
  const step = ['CREATE TABLE a (n int)', 'CREATE INDEX i ON a (n)', 'ALTER TABLE b ADD COLUMN n int']
  expect(tablesInUse(step)).toEqual(['b'])
  expect(tablesInUse([...step, 'CREATE INDEX IF NOT EXISTS j ON c (n)', 'ALTER TABLE c ADD COLUMN m int'])).toEqual([
    'b',
    'c',
  ])
})

describe('the steps', () => {
  it('have names that sort as they run', () => {
    const names = migrations.map(({ name }) => name)
    expect(names).toEqual([...new Set(names)].sort())
    // A number is used once; some are not used at all.
    const numbers = names.map((name) => /^(\d{4})-[a-z0-9-]+$/.exec(name)?.[1])
    expect(numbers).toEqual([...new Set(numbers)])
    expect(numbers).not.toContain(undefined)
  })

  it('only add, on PostgreSQL, from the second one on', () => {
    const faults = migrations
      .slice(1)
      .flatMap(({ name, postgres }) => postgres.map((statement) => ({ name, statement, fault: faultOf(statement) })))
      .filter(({ fault }) => fault !== undefined)
    expect(faults).toEqual([])
  })

  it('touch one table in use each, on PostgreSQL, from the second one on', () => {
    for (const { name, postgres } of migrations.slice(1))
      expect(tablesInUse(postgres).length, name).toBeLessThanOrEqual(1)
  })
})
