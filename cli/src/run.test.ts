import { senders } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { runCli } from './exercise-cli.ts'

describe('the command line', () => {
  it('lists its commands when nothing else is asked', async () => {
    for (const words of [[], ['help'], ['--help'], ['-h']]) {
      const { lines, code } = runCli(words)
      expect(await code).toBe(0)
      for (const name of ['trigger', 'listen', 'requests', 'deliveries', 'delivery'])
        expect(lines.join('\n')).toContain(`\n  ${name} `)
    }
  })

  it('explains each command with all of its options', async () => {
    for (const name of ['trigger', 'listen', 'requests', 'deliveries', 'delivery']) {
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
    const { complaints, code } = runCli(['triger'])
    expect(await code).toBe(1)
    expect(complaints[0]).toContain('did you mean "trigger"?')
  })

  it.each([
    [['trigger', 'github', '--urll', 'x'], 'there is no option --urll; did you mean --url?'],
    [['trigger', 'github', '-x'], 'there is no option -x'],
    [['trigger', 'github', '--toString', 'x'], 'there is no option --toString'],
    [['trigger', 'github', '--url'], '--url needs a value: --url <url>'],
    [['trigger', 'github', '--secret', '--url', 'http://127.0.0.1'], '--secret needs a value: --secret <secret>'],
    [['trigger', 'github', '--url', 'http://a', '--url', 'http://b'], '--url is given twice'],
    [['trigger', 'github', '--url', 'http://127.0.0.1'], '--secret is missing'],
    [['trigger', 'github', '--to', 'http://127.0.0.1'], '--secret is missing'],
    [['trigger', 'github', '--to', 'http://a', '--url', 'http://b'], '--to is where --url is'],
    [['trigger', 'github', '--url', 'ftp://127.0.0.1', '--secret', 's'], '--url must be a URL'],
    [['trigger', 'github', 'stripe'], '2 words without a "--" were given'],
    [['trigger'], '<kind>[.<event>] is missing; --list shows them'],
    [['trigger', 'telegraph'], `there are ${senders.map(({ kind }) => kind).join(', ')}`],
    [['listen', '--port', '65536'], '--port must be a whole number from 0 to 65535'],
    [['listen', '--body=yes'], '--body is a switch and takes no value'],
    [['listen', 'now'], 'it takes options only'],
    [['requests', '--verdict', 'lost'], '--verdict must be one of verified, unsigned, duplicate, quarantined'],
    [['requests', '--body'], '--body belongs to "show <id>"'],
    [['requests', 'show'], 'the id of a request is missing'],
    [['requests', 'req_1'], 'the only word it takes is "show"'],
    [
      ['deliveries', '--status', 'lost'],
      '--status must be one of pending, waiting, sending, retrying, success, failed, unfinished',
    ],
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
      ['trigger', 'github', '--secrte', 'hush-hush'],
      ['trigger', 'github', '--secrte=hush-hush'],
      ['trigger', 'github', 'hush-hush'],
      ['listen', '--secret', 'hush-hush', '--port', 'hush-hush'],
      ['deliveries', '--api-key', 'hush-hush', '--url', 'hush-hush'],
    ]) {
      const run = runCli(words)
      expect(await run.code).toBe(1)
      expect(run.printed()).not.toContain('hush-hush')
    }
  })
})
