import type { Options, Values } from './options.ts'

/** What a command may use of the world around it. */
export interface Terminal {
  /** A line for whoever reads the result. */
  say(line: string): void
  /** Bytes for whoever reads the result, as they are. */
  write(bytes: Uint8Array): void
  /** Whether the result goes to a screen, on which some characters would do something. */
  isScreen: boolean
  /** A line for whoever wants to know what went wrong. */
  complain(line: string): void
  environment: Readonly<Record<string, string | undefined>>
  /** Milliseconds since 1970. */
  now(): number
  /** Takes the end into the command's own hands: from now on, being told to stop aborts this instead of ending the process. */
  stopping(): AbortSignal
}

/** How a command ends: `refused` is a server that did not answer, or said no. */
export const exitCodes = { done: 0, misused: 1, refused: 2 } as const

/** One command, ready for the table in `run.ts`. */
export interface Command {
  name: string
  /** What stands behind the name in the usage line, such as `<id>`; in brackets what may be left out. */
  operands: readonly string[]
  summary: string
  /** Paragraphs and examples below the options. */
  notes: string
  options: Options
  run(
    values: Readonly<Record<string, string | true | readonly string[] | undefined>>,
    operands: readonly string[],
    terminal: Terminal,
  ): Promise<number>
}

/** Says that a value is a command, and types what `run` gets by its options. */
export function command<Given extends Options>(definition: {
  name: string
  operands?: readonly string[]
  summary: string
  notes?: string
  options: Given
  run(values: Values<Given>, operands: readonly string[], terminal: Terminal): Promise<number>
}): Command {
  return { operands: [], notes: '', ...definition } as unknown as Command
}
