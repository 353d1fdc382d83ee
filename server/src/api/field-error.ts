import type { z } from 'zod'
import type { FieldError } from '../base/errors.ts'

/** What is wrong with a part of the input, in words that hold nothing of its values. `where` is `/query`, `/path` or ''. */
export function fieldErrorOf(issue: z.core.$ZodIssue, where: string): FieldError {
  const at = where + issue.path.map((step) => `/${shownStep(step)}`).join('')
  return { at: at || '/', message: messageOf(issue) }
}

// A caller who posts somebody's message here by mistake has it in the names of fields too.
const readableName = /^[A-Za-z][A-Za-z_./-]{0,39}$/

/** A misspelt name is told, for that is how it is found; what is no name of a field is not. */
const shownName = (name: string): string => (readableName.test(name) ? name : '…')

/** A JSON pointer into what a caller has sent. */
export const shownPointer = (pointer: string): string =>
  pointer.replaceAll(/\/([^/]*)/g, (_, step: string) =>
    /^\d{1,6}$/.test(step) ? `/${step}` : `/${shownOperand(step)}`,
  )

/** A path or an operator of a filter. */
const shownOperand = (step: string): string => (step.startsWith('$') ? `$${shownName(step.slice(1))}` : shownName(step))

function shownStep(step: PropertyKey): string {
  return typeof step === 'number' ? String(step) : shownName(String(step)).replaceAll('/', '~1')
}

function messageOf({ code, message, ...issue }: z.core.$ZodIssue): string {
  if (code === 'invalid_union' && message === unionMessage)
    return firstOf(issue as unknown as z.core.$ZodIssueInvalidUnion) ?? message
  if (code !== 'unrecognized_keys') return message
  const { keys } = issue as unknown as z.core.$ZodIssueUnrecognizedKeys
  const names = keys.slice(0, 10).map((key) => `"${shownName(key)}"`)
  return `there is no field ${names.join(', ')}${keys.length > names.length ? ' and others' : ''} here`
}

/** What zod says of a union that says nothing of its own. */
const unionMessage = 'Invalid input'

/** What keeps a value from being the first of several things that it may be. */
function firstOf({ errors }: z.core.$ZodIssueInvalidUnion): string | undefined {
  const [first] = errors[0] ?? []
  return first && /^invalid_(value|format|type)$/.test(first.code) ? first.message : undefined
}
