import { type FieldError, Problem, type ProblemCode, StoreUnavailable } from '../../base/errors.ts'

/** A call that crosses to the writer or the reader, and what comes back. */
export interface Call {
  id: number
  name: string
  args: unknown
}

export type Reply = { id: number; result: unknown } | { id: number; failure: Failure }

/** An error as plain data. */
export type Failure =
  | { kind: 'problem'; code: ProblemCode; message: string; errors: readonly FieldError[] }
  | { kind: 'unavailable'; message: string }
  | { kind: 'fault'; message: string; stack: string | undefined }

export function toFailure(error: unknown): Failure {
  if (error instanceof Problem)
    return { kind: 'problem', code: error.code, message: error.message, errors: error.errors }
  if (error instanceof StoreUnavailable) return { kind: 'unavailable', message: error.message }
  if (error instanceof Error) return { kind: 'fault', message: error.message, stack: error.stack }
  return { kind: 'fault', message: String(error), stack: undefined }
}

export function fromFailure(failure: Failure): Error {
  switch (failure.kind) {
    case 'problem':
      return new Problem(failure.code, failure.message, { errors: failure.errors })
    case 'unavailable':
      return new StoreUnavailable(failure.message)
    case 'fault': {
      const error = new Error(failure.message)
      if (failure.stack) error.stack = failure.stack
      return error
    }
  }
}
