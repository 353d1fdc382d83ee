import type { Command } from './command.ts'

/** What stands below every help. */
const closing = 'Exit codes: 0 done, 1 not understood, 2 the server refused or did not answer.'

/** All commands, a line each. */
export function overview(commands: readonly Command[]): string {
  return [
    'trunkline <command> [options]',
    '',
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    '',
    'trunkline <command> --help tells more about one of them; trunkline --version tells the version.',
    closing,
  ].join('\n')
}

/** One command with its options. */
export function helpOf({ name, operands, summary, options, notes }: Command): string {
  const rows = Object.entries(options).map(([option, { value, help }]): [string, string] => [
    value === undefined ? `--${option}` : `--${option} ${value}`,
    help,
  ])
  return [
    ['trunkline', name, ...operands, '[options]'].join(' '),
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    '',
    ...columns(rows),
    ...(notes === '' ? [] : ['', notes]),
    '',
    closing,
  ].join('\n')
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([first]) => first.length))
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`)
}
