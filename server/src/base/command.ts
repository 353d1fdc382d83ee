/**
 * A named write. It does only database work, on the stores it is handed, and all of it or nothing is kept. The name is
 * what crosses to the writer, so arguments and results are plain data.
 *
 * `runAll` takes many calls at once: the hot commands answer a whole group with a few statements. Each call has one
 * result, in order; when a group fails, its calls are run again one by one, so that one bad call fails alone.
 */
export interface Command<Tx, Args, Result> {
  readonly name: string
  readonly isGrouped: boolean
  /** How many bytes a call carries, where calls differ much. Heavy calls are kept apart from light ones. */
  weigh?(args: Args): number
  /** Nobody outside waits for its answer: while there is much to do it may wait a moment, to share a transaction with others. */
  readonly isPatient?: boolean
  runAll(tx: Tx, calls: readonly Args[]): Promise<readonly Result[]>
}

/** A command that handles one call at a time. */
export function command<Tx, Args, Result>(
  name: string,
  run: (tx: Tx, args: Args) => Promise<Result>,
  { isPatient = false }: Pick<Command<Tx, Args, Result>, 'isPatient'> = {},
): Command<Tx, Args, Result> {
  return {
    name,
    isGrouped: false,
    isPatient,
    async runAll(tx, calls) {
      const results: Result[] = []
      for (const args of calls) results.push(await run(tx, args))
      return results
    },
  }
}

/** A command whose calls are handled together. */
export function groupCommand<Tx, Args, Result>(
  name: string,
  runAll: (tx: Tx, calls: readonly Args[]) => Promise<readonly Result[]>,
  { weigh, isPatient = false }: Pick<Command<Tx, Args, Result>, 'weigh' | 'isPatient'> = {},
): Command<Tx, Args, Result> {
  return { name, isGrouped: true, isPatient, runAll, ...(weigh ? { weigh } : {}) }
}

/**
 * Runs a command and answers after its commit. Rejects with the `Problem` that the command threw, or with
 * `StoreUnavailable` when the database did not take it. (`never` lets commands that need any stores be passed.)
 */
export type Commit = <Args, Result>(command: Command<never, Args, Result>, args: Args) => Promise<Result>

/** A part of a command that can fail and be undone alone. */
export interface Savepoint {
  savepoint<Result>(run: () => Promise<Result>): Promise<Result>
}
