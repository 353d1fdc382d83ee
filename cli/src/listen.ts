import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Signature, VerificationError, verify } from '@trunkline/sdk'
import { command, exitCodes, type Terminal } from './command.ts'
import { Misuse, wholeNumber } from './options.ts'
import { moment, printable, printableLines, size } from './text.ts'

/** More than a delivery ever has: what is larger comes from somebody else. */
const mostBytes = 64 * 1024 * 1024
const host = '127.0.0.1'
const dialects: readonly Signature[] = ['standard', 'ed25519', 'svix', 'stripe', 'github', 'opencom', 'remotedev']

/** Receives deliveries on this machine and says of each whether it is genuine. */
export const listen = command({
  name: 'listen',
  summary: 'receive deliveries on this machine, verify them and print them',
  notes: `The server delivers to this machine only when it is started with TRUNKLINE_ALLOW_PRIVATE=127.0.0.0/8.
A delivery that is not genuine is answered with 401, any other with 200 or --status.
An endpoint whose signatures are others than "standard", "ed25519" and "svix" needs --dialect: one of those it has.

Examples:
  trunkline listen --port 4500 --secret "$ENDPOINT_SECRET"
  trunkline listen --port 4500 --secret "$ENDPOINT_SECRET" --dialect stripe`,
  options: {
    port: { value: '<port>', help: 'where to listen; 4500 when left out' },
    secret: { value: '<secret>', help: 'the secret of the endpoint; better in TRUNKLINE_ENDPOINT_SECRET' },
    dialect: { value: '<name>', help: `how it is signed: ${dialects.join(', ')}; standard when left out` },
    status: { value: '<status>', help: 'answer with this status, such as 500, to see how deliveries are retried' },
    body: { help: 'print the bodies too' },
  },
  async run(values, _, terminal) {
    const port = wholeNumber(values.port, '--port', 4500, 0, 65_535)
    const status = wholeNumber(values.status, '--status', 200, 200, 599)
    const secret = values.secret ?? (terminal.environment.TRUNKLINE_ENDPOINT_SECRET?.trim() || undefined)
    const proof = proofOf(secret, values.dialect)
    const stopping = terminal.stopping()
    const server = createServer((request, response) => {
      take(request, proof, values.body === true, terminal)
        .then((isGenuine) => response.writeHead(isGenuine ? status : 401).end())
        .catch(() => response.destroy())
    })
    try {
      const opened = await open(server, port)
      terminal.say(`Listening on http://${host}:${opened}: create an endpoint with this URL.`)
    } catch (error) {
      terminal.complain(`Port ${port} cannot be opened: ${(error as Error).message}`)
      return exitCodes.misused
    }
    if (proof === undefined) terminal.say('Without --secret nothing is verified.')
    await new Promise<void>((resolve) => {
      if (stopping.aborted) resolve()
      stopping.addEventListener('abort', () => resolve())
    })
    server.close()
    server.closeAllConnections()
    return exitCodes.done
  },
})

/** How a delivery proves to be genuine. */
interface Proof {
  secret: string
  dialect: Signature
}

function proofOf(secret: string | undefined, given = 'standard'): Proof | undefined {
  const dialect = dialects.find((each) => each === given)
  if (dialect === undefined) throw new Misuse(`--dialect must be one of ${dialects.join(', ')}`)
  if (secret === undefined) return undefined
  const refusal = refusalOf(Buffer.alloc(0), {}, { secret, dialect }, 0)
  if (refusal?.code === 'UNUSABLE_SECRET')
    throw new Misuse(`--secret does not fit --dialect ${dialect}: ${refusal.message}`)
  return { secret, dialect }
}

function open(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

/** Prints what came; answers whether it may be genuine. */
async function take(
  request: IncomingMessage,
  proof: Proof | undefined,
  showsBody: boolean,
  terminal: Terminal,
): Promise<boolean> {
  const body = await read(request)
  const now = terminal.now()
  const refusal = proof === undefined ? undefined : refusalOf(body, request.headers, proof, now)
  const id = request.headers['webhook-id'] ?? request.headers['svix-id']
  const parts = [
    moment(new Date(now).toISOString()),
    typeOf(body) ?? `${request.method} ${request.url}`,
    typeof id === 'string' ? id : 'no id',
    size(body.length),
    proof === undefined ? 'not verified: there is no --secret' : verdict(refusal),
  ]
  terminal.say(printable(parts.join('  ')))
  if (showsBody) for (const line of printableLines(body.toString('utf8'))) terminal.say(`  | ${line}`)
  return refusal === undefined
}

const verdict = (refusal: VerificationError | undefined): string =>
  refusal === undefined ? 'verified' : `NOT VERIFIED: ${refusal.message} (${refusal.code})`

/** Why it is not genuine; undefined when it is. */
function refusalOf(
  body: Uint8Array,
  headers: IncomingHttpHeaders,
  { secret, dialect }: Proof,
  nowMs: number,
): VerificationError | undefined {
  try {
    verify(body, headers, secret, { nowMs, dialect })
    return undefined
  } catch (error) {
    if (error instanceof VerificationError) return error
    throw error
  }
}

/** The type that a delivery names; none when it is the provider's own bytes. */
function typeOf(body: Buffer): string | undefined {
  try {
    const { type } = JSON.parse(body.toString('utf8')) as { type?: unknown }
    return typeof type === 'string' ? type : undefined
  } catch {
    return undefined
  }
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > mostBytes) throw new Error('the body is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
