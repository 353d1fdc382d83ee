import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type JournalOptions, openJournal } from './journal.ts'
import type { Log } from './log.ts'

/** What is written to the file when the journal is flushed. */
function written(options: Omit<JournalOptions, 'file'>, write: (journal: Log) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-'))
  const path = join(folder, 'log')
  const file = openSync(path, 'w')
  try {
    const journal = openJournal({ ...options, file })
    write(journal)
    journal.flush()
    return readFileSync(path, 'utf8')
  } finally {
    closeSync(file)
    rmSync(folder, { recursive: true })
  }
}

describe('for machines', () => {
  it('a line is one object with time, level, name and facts', () => {
    const text = written({ level: 'info', format: 'json' }, (journal) => {
      journal.info('accepted', { bytes: 5, source: 'src_1', cause: null, lanes: ['a', 'b'] })
      journal.warn('refused')
    })
    const [first, second] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(first).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      msg: 'accepted',
      bytes: 5,
      source: 'src_1',
      cause: null,
      lanes: ['a', 'b'],
    })
    expect(second).toMatchObject({ level: 'warn', msg: 'refused' })
  })

  it('an error is its stack with the causes', () => {
    const text = written({ level: 'info', format: 'json' }, (journal) => {
      journal.error('fatal', { error: new Error('outer', { cause: new TypeError('inner') }) })
    })
    const { error } = JSON.parse(text) as { error: string }
    expect(error).toMatch(/^Error: outer\n {4}at [\s\S]*\ncaused by TypeError: inner\n {4}at /)
  })

  it('a text from a sender stays inside its line', () => {
    const text = written({ level: 'info', format: 'json' }, (journal) =>
      journal.info('x', { detail: 'a\n{"level":"error"}' }),
    )
    expect(text.trimEnd().split('\n')).toHaveLength(1)
  })
})

describe('what is personal or secret', () => {
  /** The facts of one line. */
  const told = (facts: Parameters<Log['error']>[1]) =>
    JSON.parse(written({ level: 'info', format: 'json' }, (journal) => journal.error('x', facts)))

  it('is masked in every fact that is a text, and the address of a sender is not', () => {
    expect(
      told({
        detail: 'from +49 170 1234567, marta@orchard.example',
        headers: ['content-type', 'x-marta@orchard.example'],
        sender: '203.0.113.5',
        request: 'req_01jd9k3v5x8q2m4n6p8r0s2t4v',
        count: 491701234567,
      }),
    ).toMatchObject({
      detail: 'from …4567, m…@…',
      headers: ['content-type', 'x…@…'],
      sender: '203.0.113.5',
      request: 'req_01jd9k3v5x8q2m4n6p8r0s2t4v',
      count: 491701234567,
    })
  })

  it('is masked in what an event is about, which may be words', () => {
    expect(told({ subject: '491701234567' }).subject).toBe('…4567')
    expect(told({ subject: 'order_7' }).subject).toBe('order_7')
    expect(told({ subject: 'Marta Huber' }).subject).toBe('…')
  })

  it('is masked in an error, its causes and its text from elsewhere', () => {
    const inner = Object.assign(new Error('Key (subject)=(+49 170 1234567) is there'), { name: 'error' })
    const { error } = told({ error: new Error('cannot keep marta@orchard.example', { cause: inner }) })
    expect(error).toMatch(
      /^Error: cannot keep m…@…\n {4}at [\s\S]*\ncaused by error: Key \(subject\)=\(…4567\) is there\n {4}at /,
    )
  })
})

describe('for people', () => {
  it('a line is the time of day, the level, the name and the facts', () => {
    const text = written({ level: 'info', format: 'text' }, (journal) =>
      journal.info('accepted', { bytes: 5, source: 'src_1' }),
    )
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info {2}accepted bytes=5 source=src_1\n$/)
  })

  it('a text from a sender begins no line of its own and moves no cursor', () => {
    const text = written({ level: 'info', format: 'text' }, (journal) =>
      journal.info('x', { detail: 'a\n00:00:00.000 error forged\r\u001b[2J\u0085b' }),
    )
    expect(text).toContain('detail=a\n    00:00:00.000 error forged\\x0d\\x1b[2J\\x85b\n')
  })
})

describe('what is told at the level debug alone', () => {
  it('stands in the line with its facts, and is not put together otherwise', () => {
    let asked = 0
    const facts = () => ({ bytes: ++asked })
    const at = (level: 'debug' | 'info') =>
      written({ level, format: 'json' }, (journal) => journal.debug('received', facts))
    expect(at('debug')).toContain('"bytes":1')
    expect(at('info')).toBe('')
    expect(asked).toBe(1)
  })
})

describe('the level', () => {
  const all = (journal: Log) => {
    journal.debug('d')
    journal.info('i')
    journal.warn('w')
    journal.error('e')
  }

  it.each([
    ['debug', 4],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
    ['silent', 0],
  ] as const)('%s lets %i of the four through', (level, count) => {
    const lines = written({ level, format: 'json' }, all).split('\n')
    expect(lines.length - 1).toBe(count)
  })
})

it.skipIf(!existsSync('/dev/full'))('what cannot be written ends nothing', async () => {
  const file = openSync('/dev/full', 'w')
  const journal = openJournal({ level: 'info', format: 'json', file })
  // An error that nobody hears would fail this run, as it would end the server.
  for (let n = 0; n < 3; n++) {
    journal.info('accepted', { source: 'x'.repeat(5000) })
    for (let i = 0; i < 20; i++) await stat('/')
  }
  journal.flush()
  closeSync(file)
})
