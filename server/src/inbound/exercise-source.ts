import { describe, it } from 'vitest'
import { bodies } from './exercise-source-bodies.ts'
import { forgeries } from './exercise-source-forgeries.ts'
import { idForgeries, listForgeries, timeForgeries } from './exercise-source-schemes.ts'
import { type Case, type Exercise, trialOf } from './exercise-source-trial.ts'
import type { SourceDefinition } from './source.ts'

/**
 * The suite that every kind of source passes: what the provider sends is accepted and read, and every forgery is refused
 * for its own cause.
 * @example
 * exerciseSource(github, {
 *   accepts: 'fixtures/push.json',
 *   secret: 'It is a secret',
 *   otherSecret: 'It is another',
 *   sign: sender.sign,
 *   proof: { headers: ['x-hub-signature-256'], encoding: 'hex', foreign: [['sha256=', 'sha1=']] },
 * })
 */
export function exerciseSource(definition: SourceDefinition, exercise: Exercise): void {
  describe(`source ${definition.kind}, proven by ${exercise.proof.headers[0]}`, () => {
    const trial = trialOf(definition, exercise)
    for (const { name, run } of casesFor(exercise)) it(name, () => run(trial))
  })
}

/** The cases that a kind has to pass. */
export function casesFor({ proof }: Exercise): readonly Case[] {
  return [
    ...forgeries,
    ...(proof.several ? listForgeries : []),
    ...(proof.toleranceSeconds === undefined ? [] : timeForgeries),
    ...(proof.idHeader === undefined ? [] : idForgeries),
    ...bodies,
  ]
}
