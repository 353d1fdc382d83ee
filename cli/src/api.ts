import { type Client, createClient, TrunklineError } from '@trunkline/sdk'
import { exitCodes, type Terminal } from './command.ts'
import { httpUrl, needed, type Values } from './options.ts'
import { printable } from './text.ts'

/** The options of every command that calls the API. */
export const apiOptions = {
  url: { value: '<url>', help: 'where the server is; TRUNKLINE_URL, or http://127.0.0.1:4400' },
  'api-key': { value: '<key>', help: 'the API key; better in TRUNKLINE_API_KEY, which other users cannot see' },
  json: { help: 'print the answer as JSON' },
} as const

/** Calls the API with the options and the environment, and says why when that fails. Answers the exit code. */
export async function withApi(
  values: Values<typeof apiOptions>,
  terminal: Terminal,
  use: (api: Client) => Promise<void>,
): Promise<number> {
  const { environment } = terminal
  const url = httpUrl(values.url ?? (environment.TRUNKLINE_URL?.trim() || 'http://127.0.0.1:4400'), '--url')
  const apiKey = needed(values['api-key'], '--api-key', {
    name: 'TRUNKLINE_API_KEY',
    value: environment.TRUNKLINE_API_KEY,
  })
  try {
    await use(createClient({ url: url.href, apiKey }))
    return exitCodes.done
  } catch (error) {
    if (!(error instanceof TrunklineError)) throw error
    const request = error.requestId === undefined ? '' : `, request ${error.requestId}`
    terminal.complain(printable(`${error.message} (${error.code}${request})`))
    return exitCodes.refused
  }
}
