import { senders } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { runCli } from './exercise-cli.ts'

const kinds = senders.map(({ kind }) => kind)

describe('the command line', () => {
  it('lists its commands when nothing else is asked', async () => {
    for (const words of [[], ['help'], ['--help'], ['-h']]) {
      const { lines, code } = runCli(words)
      expect(await code).toBe(0)
      for (const name of ['send', 'listen', 'deliveries', 'delivery'])
        expect(lines.join('\n')).toContain(`\n  ${name} `)
    }
  })

  it('explains each command with all of its options', async () => {
    for (const name of ['send', 'listen', 'deliveries', 'delivery']) {
      const { lines, code } = runCli([name, '--help'])
      expect(await code).toBe(0)
      expect(lines.join('\n')).toMatch(new RegExp(`^trunkline ${name} `))
      expect(lines.join('\n')).toContain('Exit codes:')
    }
  })

  it('tells its version', async () => {
    const { lines, code } = runCli(['--version'])
    expect([await code, lines]).toEqual([0, ['0.0.0-test']])
  })

  it('guesses what a mistyped command was meant to be', async () => {
    const { complaints, code } = runCli(['sned'])
    expect(await code).toBe(1)
    expect(complaints[0]).toContain('did you mean "send"?')
  })

  it.each([
    [['send', 'github', '--urll', 'x'], 'there is no option --urll; did you mean --url?'],
    [['send', 'github', '-x'], 'there is no option -x'],
    [['send', 'github', '--toString', 'x'], 'there is no option --toString'],
    [['send', 'github', '--url'], '--url needs a value: --url <url>'],
    [['send', 'github', '--secret', '--url', 'http://127.0.0.1'], '--secret needs a value: --secret <secret>'],
    [['send', 'github', '--url', 'http://a', '--url', 'http://b'], '--url is given twice'],
    [['send', 'github', '--url', 'http://127.0.0.1'], '--secret is missing'],
    [['send', 'github', '--url', 'ftp://127.0.0.1', '--secret', 's'], '--url must be a URL'],
    [['send', 'github', 'stripe'], '2 words without a "--" were given'],
    [['send'], `<${kinds.join('|')}> is missing`],
    [['send', 'telegraph'], `there are ${kinds.join(', ')}`],
    [['listen', '--port', '65536'], '--port must be a whole number from 0 to 65535'],
    [['listen', '--body=yes'], '--body is a switch and takes no value'],
    [['listen', 'now'], 'it takes options only'],
    [['deliveries', '--status', 'lost'], '--status must be one of pending, waiting, success, failed'],
    [['deliveries', '--limit', '0'], '--limit must be a whole number from 1 to 100'],
    [['deliveries'], '--api-key is missing; the environment variable TRUNKLINE_API_KEY does as well'],
    [['delivery'], '<id> is missing'],
  ])('exits 1 and says why: %j', async (words, message) => {
    const { lines, complaints, code } = runCli(words)
    expect(await code).toBe(1)
    expect(complaints[0]).toContain(message)
    expect(complaints[0]).toMatch(new RegExp(`^trunkline ${words[0]}: `))
    expect(lines).toEqual([])
  })

  it('repeats no value of an option it does not understand: it may be a secret', async () => {
    for (const words of [
      ['send', 'github', '--secrte', 'hush-hush'],
      ['send', 'github', '--secrte=hush-hush'],
      ['send', 'github', 'hush-hush'],
      ['listen', '--secret', 'hush-hush', '--port', 'hush-hush'],
      ['deliveries', '--api-key', 'hush-hush', '--url', 'hush-hush'],
    ]) {
      const run = runCli(words)
      expect(await run.code).toBe(1)
      expect(run.printed()).not.toContain('hush-hush')
    }
  })
})
