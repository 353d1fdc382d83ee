import { createHmac } from 'node:crypto'
import { jsonSamples, type Sender } from './sender.ts'

/**
 * GitHub signs the body alone; the delivery's id and the event's name stand in headers that no signature covers.
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
export const github: Sender = {
  kind: 'github',
  title: 'GitHub',
  ...jsonSamples('GitHub', { push: () => push, ping: () => ping }),
  sign: ({ body, secret, id, event = 'push' }) => ({
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/0a1b2c3',
    'x-github-delivery': id,
    'x-github-event': event,
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }),
}

const push = {
  ref: 'refs/heads/main',
  before: '5d1f0c3e9b7a48d6820c4f1e3a9b6d7c80e2f415',
  after: 'a94c7e02d8b15f3697e4d0c2b8a6153f7d9e0b42',
  repository: {
    id: 710044321,
    name: 'pear',
    full_name: 'orchard-labs/pear',
    private: false,
    html_url: 'https://github.com/orchard-labs/pear',
    default_branch: 'main',
  },
  pusher: { name: 'marta-k', email: 'marta@orchard.example' },
  commits: [
    {
      id: 'a94c7e02d8b15f3697e4d0c2b8a6153f7d9e0b42',
      message: 'Water the seedlings twice a day',
      timestamp: '2026-11-20T09:14:03+01:00',
      author: { name: 'Marta König', email: 'marta@orchard.example' },
      added: [],
      modified: ['schedule.yml'],
      removed: [],
    },
  ],
}

const ping = {
  zen: 'Favor focus over features.',
  hook_id: 481516234,
  hook: { type: 'Repository', id: 481516234, name: 'web', active: true, events: ['push', 'issues'] },
  repository: push.repository,
  sender: { login: 'marta-k', id: 710044, type: 'User' },
}
