/** The columns that are to be changed: those given. */
export function changed<Columns extends Record<string, unknown>>(
  columns: Columns,
): { [Name in keyof Columns]?: Exclude<Columns[Name], undefined> } {
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Columns]?: Exclude<Columns[Name], undefined>
  }
}

/** The range of types that a filter such as `github.*` means: from its prefix to before the next character. */
export function typeRange(type: string): { from: string; below: string } | undefined {
  if (!type.endsWith('.*')) return undefined
  const prefix = type.slice(0, -1)
  return { from: prefix, below: prefix.slice(0, -1) + '/' }
}

/**
 * A text as every engine holds it: without NUL, which PostgreSQL refuses and at which SQLite's drivers stop reading. An
 * operator or a sender can bring one along anywhere, and it must fail nothing.
 */
export function storableText(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\u{FFFD}') : text
}

/** When a row's contents were removed; nothing of most rows. */
export const erasedOf = ({ erased_at: at }: { erased_at?: number | null }): { erasedAt?: number } =>
  at === undefined || at === null ? {} : { erasedAt: at }
