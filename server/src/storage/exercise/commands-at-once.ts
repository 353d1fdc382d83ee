import { describe, expect, it } from 'vitest'
import { type Command, command } from '../../base/command.ts'
import { swallow, type Write, writeApart, writeMany, writeOne } from './commands.ts'
import type { Bench } from './opened.ts'

/** Commands: all or nothing, each answered for itself. */
export function exerciseCommands(at: Bench): void {
  describe('commands', () => {
    const kept = async (name: string) => (await at.sql('SELECT sealed FROM keyring WHERE name = ?', name))[0]?.sealed
    let n = 0
    const make = (over: Partial<Write> = {}): Write => ({ name: `name ${++n}`, value: `value ${n}`, ...over })

    const kinds = {
      plain: writeOne as Command<never, Write, unknown>,
      grouped: writeMany as Command<never, Write, unknown>,
    }
    for (const [kind, write] of Object.entries(kinds)) {
      it(`undoes a ${kind} command that fails, with its own error`, async () => {
        const failures = {
          problem: { name: 'Problem', code: 'CONFLICT', message: / is refused$/ },
          fault: { message: / is a fault$/ },
          unavailable: { name: 'StoreUnavailable', message: / finds no database$/ },
          statement: { message: /null/i },
        } as const
        for (const fails of ['problem', 'fault', 'unavailable', 'statement'] as const) {
          const call = make({ fails })
          const { message, ...rest } = failures[fails]
          await expect(at.storage.commit(write, call)).rejects.toMatchObject({
            ...rest,
            message: expect.stringMatching(message),
          })
          expect(await kept(call.name)).toBeUndefined()
        }
      })
    }

    it('fails one bad call of a group alone, and answers the others in order', async () => {
      const calls = Array.from({ length: 60 }, (_, i) =>
        make(i === 7 ? { fails: 'problem' } : i === 31 ? { fails: 'statement' } : i === 59 ? { fails: 'fault' } : {}),
      )
      const outcomes = await Promise.allSettled(calls.map((call) => at.storage.commit(writeMany, call)))
      for (const [i, outcome] of outcomes.entries()) {
        const { name, value, fails } = calls[i] ?? make()
        if (fails === undefined) expect(outcome).toMatchObject({ status: 'fulfilled', value: { value } })
        else expect(outcome.status).toBe('rejected')
        expect(await kept(name)).toBe(fails === undefined ? value : undefined)
      }
      expect(outcomes[7]).toMatchObject({ reason: { name: 'Problem', code: 'CONFLICT' } })
    })

    it('handles the calls of one turn together', async () => {
      const results = await Promise.all(Array.from({ length: 50 }, () => at.storage.commit(writeMany, make())))
      expect(Math.max(...results.map(({ groupOf }) => groupOf))).toBeGreaterThan(1)
      expect((await at.storage.commit(writeMany, make())).groupOf).toBe(1)
    })

    it('takes five hundred commits of both kinds at once', async () => {
      const calls = Array.from({ length: 500 }, () => make())
      const results = await Promise.all(
        calls.map((call, i) =>
          i % 5 === 0
            ? at.storage.commit(writeOne, call)
            : at.storage.commit(writeMany, call).then((result) => result.value),
        ),
      )
      expect(results).toEqual(calls.map(({ value }) => value))
      const names = new Set((await at.sql('SELECT name FROM keyring')).map(({ name }) => name))
      expect(calls.filter(({ name }) => !names.has(name))).toEqual([])
    })

    it('undoes a savepoint alone, also one inside another', async () => {
      const cases = [
        { inner: {}, outer: {}, keeps: [true, true], says: [] },
        { inner: { fails: 'statement' }, outer: {}, keeps: [false, true], says: [/null/i] },
        { inner: {}, outer: { fails: 'problem' }, keeps: [false, false], says: [/refused/] },
        {
          inner: { fails: 'problem' },
          outer: { fails: 'statement' },
          keeps: [false, false],
          says: [/refused/, /null/i],
        },
      ] as const
      for (const { inner, outer, keeps, says } of cases) {
        const call = { inner: make(inner), outer: make(outer) }
        const said = await at.storage.commit(writeApart, call)
        expect(said).toEqual(says.map((each) => expect.stringMatching(each)))
        expect([await kept(call.inner.name), await kept(call.outer.name)]).toEqual(
          [call.inner, call.outer].map(({ value }, i) => (keeps[i] ? value : undefined)),
        )
      }
    })

    it('never answers for what a swallowed failure has undone', async () => {
      const call = make({ fails: 'statement' })
      const isAnswered = await at.storage.commit(swallow, call).then(
        () => true,
        () => false,
      )
      expect((await kept(call.name)) !== undefined).toBe(isAnswered)
    })

    it('refuses a command that is not in its table', async () => {
      const unknown = command('nobody-knows', async () => null)
      await expect(at.storage.commit(unknown, null)).rejects.toThrow(
        'command "nobody-knows" is not in the table of commands',
      )
    })

    it('refuses commands once it is closed, and has done those that it took', async () => {
      const call = make()
      const { storage } = at
      const taken = storage.commit(writeMany, call)
      await at.reopen()
      expect((await taken).value).toBe(call.value)
      expect(await kept(call.name)).toBe(call.value)
      await expect(storage.commit(writeOne, make())).rejects.toMatchObject({ name: 'StoreUnavailable' })
      await expect(storage.commit(writeMany, make())).rejects.toMatchObject({ name: 'StoreUnavailable' })
    })
  })
}
