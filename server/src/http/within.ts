import { StoreUnavailable } from '../base/errors.ts'

/** Waits for the database, but not for ever: what it does later is recognised when the sender repeats itself. */
export function within<Result>(work: Promise<Result>, limitMs: number, what: string): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new StoreUnavailable(`${what} took longer than ${limitMs} ms`)), limitMs)
    work.then(
      (result) => {
        clearTimeout(timer)
        resolve(result)
      },
      (error) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}
