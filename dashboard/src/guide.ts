import type { Source } from '@trunkline/sdk'
import { commandLines } from './parts/copy.ts'
import { type Content, element, fill } from './parts/element.ts'

/** What there is already. */
export interface Progress {
  source: Source | undefined
  hasEndpoint: boolean
  hasEvent: boolean
}

/** The first steps on a new server, each ticked off when it is done. */
export function guide(): { node: HTMLElement; show(progress: Progress | undefined): void } {
  const node = element('section', { class: 'guide', 'aria-labelledby': 'guide-title', hidden: true })
  let shown = ''
  return {
    node,
    show(progress) {
      node.hidden = progress === undefined
      const text = JSON.stringify(progress)
      if (progress === undefined || text === shown) return
      shown = text
      fill(node, ...content(progress))
    },
  }
}

function content({ source, hasEndpoint, hasEvent }: Progress): Content[] {
  const server = new URL('.', document.baseURI).href.replace(/\/$/, '')
  const steps = [
    step(hasEndpoint, 'Say where deliveries go', [
      'Every event from then on is sent there, signed and retried. The answer holds the secret to verify with.',
      commandLines(
        post(server, 'endpoints', { url: 'https://example.com/hooks' }),
        'the command that creates an endpoint',
      ),
      [
        'To try it on one machine: start the server with ',
        code('TRUNKLINE_ALLOW_PRIVATE=127.0.0.0/8'),
        ', run ',
        code('npm run -s trunkline -- listen'),
        ' and use ',
        code('http://127.0.0.1:4500'),
        '.',
      ],
    ]),
    step(source !== undefined, 'Give a provider a URL to post to', [
      'The answer holds the URL and the secret to enter at the provider.',
      commandLines(
        post(server, 'sources', { kind: 'github', name: 'my repository' }),
        'the command that creates a source',
      ),
    ]),
    step(hasEvent, 'Let something happen', [
      source && ['Play the provider, with the secret of ', element('b', {}, source.name), ':'],
      source && commandLines(sendLine(source), 'the command that sends a sample'),
      source ? 'Or publish an event of your own:' : 'Publish an event of your own:',
      commandLines(
        post(server, 'events', { type: 'hello.world', data: { greeting: 'hi' } }),
        'the command that publishes an event',
      ),
    ]),
  ]
  return [
    element('h2', { id: 'guide-title' }, 'From the first event to the first delivery'),
    element('p', { class: 'words' }, 'The commands take your key from ', code('$TRUNKLINE_API_KEY'), '.'),
    element('ol', { class: 'steps' }, steps),
  ]
}

function step(isDone: boolean, title: string, parts: readonly Content[]): HTMLElement {
  const body = parts.flatMap((each) => {
    if (!each) return []
    return each instanceof Node ? [each] : [element('p', {}, each)]
  })
  return element(
    'li',
    { class: isDone ? 'step done' : 'step' },
    element('h3', isDone ? { class: 'done-title' } : {}, title, isDone && element('span', { class: 'tick' }, ' done')),
    !isDone && body,
  )
}

const code = (text: string): HTMLElement => element('code', {}, text)

/** The curl line of an API call, in the quoting of a POSIX shell. */
export function post(server: string, path: string, body: unknown): string {
  return [
    `curl ${server}/api/v1/${path}`,
    `-H "Authorization: Bearer $TRUNKLINE_API_KEY"`,
    `-H 'Content-Type: application/json'`,
    `-d '${JSON.stringify(body).replaceAll("'", `'\\''`)}'`,
  ].join(' \\\n  ')
}

const sendLine = ({ kind, url }: Source): string =>
  `npm run -s trunkline -- trigger ${kind} \\\n  --url ${url} \\\n  --secret "$SOURCE_SECRET"`
