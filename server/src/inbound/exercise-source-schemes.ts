import { expect } from 'vitest'
import { type Case, type Trial, withBody, withHeader, withReplaced } from './exercise-source-trial.ts'

/** Forgeries of schemes whose header holds several signatures. */
export const listForgeries: readonly Case[] = [
  {
    name: 'accepts the right signature first, last and beside unknown versions',
    run(trial) {
      const { several } = trial.proof
      if (!several) return
      const right = trial.valueOf(trial.genuine())
      const wrong = trial.valueOf(trial.genuine({ secret: trial.exercise.otherSecret }))
      const lists = [
        [right, wrong],
        [wrong, right],
        [...several.unknown, right],
        [right, ...several.unknown],
        [right, right],
      ]
      for (const list of lists) {
        const value = several.join(list)
        trial.accepts(withHeader(trial.genuine(), trial.header, value), value)
      }
      const value = several.join([wrong, wrong])
      trial.refuses(withHeader(trial.genuine(), trial.header, value), 'SIGNATURE_MISMATCH', 'both wrong')
    },
  },
  {
    name: 'looks at a bounded number of signatures',
    run(trial) {
      const { several } = trial.proof
      if (!several) return
      const right = trial.valueOf(trial.genuine())
      const wrong = trial.valueOf(trial.genuine({ secret: trial.exercise.otherSecret }))
      const list = (before: number) => several.join([...Array.from({ length: before }, () => wrong), right])
      trial.accepts(withHeader(trial.genuine(), trial.header, list(15)), 'the sixteenth')
      trial.refuses(withHeader(trial.genuine(), trial.header, list(16)), 'SIGNATURE_MISMATCH', 'the seventeenth')
    },
  },
]

/** Forgeries of schemes that sign a time. */
export const timeForgeries: readonly Case[] = [
  {
    name: 'refuses a right signature from too long ago or from the future',
    run(trial) {
      const { toleranceSeconds = 0 } = trial.proof
      const at = (seconds: number) => trial.genuine({ nowMs: trial.nowMs + seconds * 1000 })
      trial.accepts(at(-toleranceSeconds), 'as old as allowed')
      trial.accepts(at(toleranceSeconds), 'as far ahead as allowed')
      trial.refuses(at(-toleranceSeconds - 1), 'STALE', 'a second too old')
      trial.refuses(at(toleranceSeconds + 1), 'FROM_FUTURE', 'a second too far ahead')
      trial.refuses(at(-86_400 * 365), 'STALE', 'a year old')
      trial.refuses(at(86_400 * 365), 'FROM_FUTURE', 'a year ahead')
      trial.refuses(trial.genuine({ nowMs: 0 }), 'STALE', 'from 1970')
      trial.refuses(trial.genuine(), 'STALE', 'a clock that is no number', { nowMs: Number.NaN })
      heedsTolerance(trial)
    },
  },
  {
    name: 'refuses a time that was changed after signing',
    run(trial) {
      const later = String(Number(trial.seconds) + 1)
      trial.refuses(withReplaced(trial, trial.genuine(), trial.seconds, later), 'SIGNATURE_MISMATCH', 'a second later')
      const padded = withReplaced(trial, trial.genuine(), trial.seconds, `0${trial.seconds}`)
      trial.refuses(padded, 'SIGNATURE_MISMATCH', 'the same number in other digits')
    },
  },
  {
    name: 'refuses a time that is not digits',
    run(trial) {
      const { seconds } = trial
      const odd = [
        '',
        'now',
        'NaN',
        'Infinity',
        `-${seconds}`,
        `+${seconds}`,
        `${seconds}.0`,
        `${seconds}.`,
        `${seconds}e0`,
      ]
      const odder = [
        `0x${Number(seconds).toString(16)}`,
        `${seconds}n`,
        ` ${seconds}`,
        `${seconds} `,
        `${seconds};`,
        '٣٤',
      ]
      for (const time of [...odd, ...odder, '1'.repeat(16), '9'.repeat(400), new Date(trial.nowMs).toISOString()]) {
        trial.refuses(withReplaced(trial, trial.genuine(), seconds, time), 'MALFORMED_SIGNATURE', `"${time}"`)
      }
    },
  },
  {
    name: 'refuses bytes moved between the body and the time, with what was signed unchanged',
    run(trial) {
      const genuine = trial.genuine({ body: Buffer.from('1.{"a":1}') })
      const moved = withReplaced(trial, withBody(genuine, '{"a":1}'), trial.seconds, `${trial.seconds}.1`)
      trial.refuses(moved, 'MALFORMED_SIGNATURE', 'from the body into the time')
    },
  },
]

/** Forgeries of schemes that sign an id. */
export const idForgeries: readonly Case[] = [
  {
    name: 'refuses bytes moved between the id, the time and the body, with what was signed unchanged',
    run(trial) {
      const { idHeader = '' } = trial.proof
      const genuine = trial.genuine({ body: Buffer.from(`${trial.seconds}.{"a":1}`) })
      const moved = withHeader(withBody(genuine, '{"a":1}'), idHeader, `msg_1.${trial.seconds}`)
      trial.refuses(moved, 'MALFORMED_SIGNATURE', 'from the time into the id, from the body into the time')
    },
  },
  {
    name: 'refuses another id, and one that no column should hold',
    run(trial) {
      const { idHeader = '' } = trial.proof
      trial.refuses(withHeader(trial.genuine(), idHeader, 'msg_2'), 'SIGNATURE_MISMATCH', 'another id')
      for (const id of ['', 'msg.1', '.', 'msg 1', 'msg_\u0000', 'msg_\xe9', 'm'.repeat(256)]) {
        trial.refuses(trial.genuine({ id }), 'MALFORMED_SIGNATURE', `rightly signed, but "${id}"`)
      }
    },
  },
]

/** Every kind that signs a time lets its operator set how far it may be off: some senders' clocks are wrong. */
function heedsTolerance({ definition, exercise, genuine, heldFor, nowMs }: Trial): void {
  const set = { ...(exercise.config as object | undefined), toleranceSeconds: 10 }
  const read = definition.config.safeParse(set)
  expect(read.success, 'the setting "toleranceSeconds"').toBe(true)
  const judge = (secondsAgo: number) =>
    definition.verify(genuine({ nowMs: nowMs - secondsAgo * 1000 }), {
      secrets: [heldFor(exercise.secret)],
      now: nowMs,
      config: read.data,
    })
  expect(judge(10), 'as old as the setting allows').toEqual({ kind: 'verified' })
  expect(judge(11), 'a second older').toMatchObject({ kind: 'refused', cause: 'STALE' })
}
