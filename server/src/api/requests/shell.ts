/** A value that only whoever runs the command knows. */
export interface Variable {
  /** Such as `SECRET`. */
  name: string
  /** What it has to be set to, for the message of the shell when it is not. */
  what: string
}

/** One word of a command for a POSIX shell, whatever is in it. The text's characters stand for bytes, as in Latin-1. */
export function word(...pieces: readonly (string | Variable)[]): string {
  const written = pieces.map((piece) => (typeof piece === 'string' ? textOf(piece) : variableOf(piece))).join('')
  return written === '' ? "''" : written
}

/** The same for a text whose characters are characters. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** Whether a text can be read, copied and pasted as it is: no control characters, none that turn others around. */
export function isPlain(text: string): boolean {
  return !/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/.test(text)
}

function textOf(text: string): string {
  if (text === '') return ''
  if (/^[\x20-\x7e]*$/.test(text)) return quoted(text)
  // Any other character would be written in UTF-8, and be other bytes than those that came.
  const bytes = /^[\0-\xff]*$/.test(text) ? Buffer.from(text, 'latin1') : Buffer.from(text)
  const format = [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
  return `"$(printf '${format}')"`
}

/** The shell stops with the message when the variable is not set. */
function variableOf({ name, what }: Variable): string {
  return `"\${${name}:?set it to ${what.replaceAll(/[^A-Za-z0-9 ._-]/g, '')}}"`
}
