import { createHmac } from 'node:crypto'
import { jsonSamples, type Sender } from './sender.ts'

/**
 * GitLab sends its secret token as it is, and signs nothing with it. With a signing token (`whsec_…`) it signs by Standard
 * Webhooks instead. https://docs.gitlab.com/user/project/integrations/webhooks/
 */
export const gitlab: Sender = {
  kind: 'gitlab',
  title: 'GitLab',
  ...jsonSamples('GitLab', {
    push: () => push,
    merge_request: () => mergeRequest,
    issue: () => issue,
    note: () => note,
    pipeline: () => pipeline,
    tag_push: () => ({ ...push, object_kind: 'tag_push', event_name: 'tag_push', ref: 'refs/tags/v1.0.0' }),
  }),
  sign: ({ body, secret, nowMs, id, event = 'push' }) => ({
    'content-type': 'application/json',
    'user-agent': 'GitLab/18.5.1',
    'idempotency-key': id,
    'x-gitlab-event': `${title(event)} Hook`,
    'x-gitlab-event-uuid': '13792a34-cac6-4fda-95a8-c58e00a3954e',
    'x-gitlab-instance': 'https://gitlab.example',
    'x-gitlab-webhook-uuid': '1885f5c0-1b5e-4a5b-9a4b-6a1d2e3c4b5d',
    ...(secret.startsWith('whsec_') ? signature(body, secret, nowMs, id) : { 'x-gitlab-token': secret }),
  }),
}

function signature(body: Uint8Array, secret: string, nowMs: number, id: string): Record<string, string> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const seconds = String(Math.floor(nowMs / 1000))
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1,${createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64')}`,
  }
}

/** `merge_request` is called `Merge Request` in the header. */
function title(event: string): string {
  return event.replace(
    /(^|_)([a-z])/g,
    (_, before: string, letter: string) => (before ? ' ' : '') + letter.toUpperCase(),
  )
}

const user = { id: 4, name: 'Marta König', username: 'marta-k', email: '[REDACTED]' }

const project = {
  id: 15,
  name: 'Pear',
  description: '',
  web_url: 'https://gitlab.example/orchard-labs/pear',
  namespace: 'Orchard Labs',
  visibility_level: 0,
  path_with_namespace: 'orchard-labs/pear',
  default_branch: 'main',
}

const commit = {
  id: 'da1560886d4f094c3e6c9ef40349f7d38b5d27d7',
  message: 'Water the seedlings twice a day\n',
  timestamp: '2026-11-20T09:14:03+01:00',
  url: 'https://gitlab.example/orchard-labs/pear/-/commit/da1560886d4f094c3e6c9ef40349f7d38b5d27d7',
  author: { name: 'Marta König', email: '[REDACTED]' },
  added: [],
  modified: ['schedule.yml'],
  removed: [],
}

const push = {
  object_kind: 'push',
  event_name: 'push',
  before: '95790bf891e76fee5e1747ab589903a6a1f80f22',
  after: commit.id,
  ref: 'refs/heads/main',
  checkout_sha: commit.id,
  user_id: user.id,
  user_name: user.name,
  user_username: user.username,
  project_id: project.id,
  project,
  commits: [commit],
  total_commits_count: 1,
}

const mergeRequest = {
  object_kind: 'merge_request',
  event_type: 'merge_request',
  user,
  project,
  object_attributes: {
    id: 99,
    iid: 1,
    title: 'Water the seedlings',
    source_branch: 'seedlings',
    target_branch: 'main',
    state: 'opened',
    action: 'open',
    url: 'https://gitlab.example/orchard-labs/pear/-/merge_requests/1',
  },
  labels: [],
  changes: {},
}

const issue = {
  object_kind: 'issue',
  event_type: 'issue',
  user,
  project,
  object_attributes: {
    id: 301,
    iid: 23,
    title: 'The pears are too sour',
    state: 'opened',
    action: 'open',
    url: 'https://gitlab.example/orchard-labs/pear/-/issues/23',
  },
  labels: [],
  changes: {},
}

const note = {
  object_kind: 'note',
  event_type: 'note',
  user,
  project_id: project.id,
  project,
  object_attributes: {
    id: 1241,
    note: 'More sun would help.',
    noteable_type: 'Issue',
    action: 'create',
    url: 'https://gitlab.example/orchard-labs/pear/-/issues/23#note_1241',
  },
  issue: issue.object_attributes,
}

const pipeline = {
  object_kind: 'pipeline',
  object_attributes: { id: 31, iid: 3, ref: 'main', sha: commit.id, status: 'success', duration: 63 },
  user,
  project,
  commit,
  builds: [],
}
