import { createHmac } from 'node:crypto'
import { jsonSamples, type Sender } from './sender.ts'

/** Linear signs the body, and the time is a member of it. https://linear.app/developers/webhooks */
export const linear: Sender = {
  kind: 'linear',
  title: 'Linear',
  ...jsonSamples('Linear', {
    'Issue.create': ({ nowMs }) => eventOf('Issue', 'create', issue, nowMs),
    'Issue.update': ({ nowMs }) => ({
      ...eventOf('Issue', 'update', { ...issue, priority: 1 }, nowMs),
      updatedFrom: { priority: 2 },
    }),
    'Comment.create': ({ nowMs }) => eventOf('Comment', 'create', comment, nowMs),
    'Project.update': ({ nowMs }) => ({
      ...eventOf('Project', 'update', project, nowMs),
      updatedFrom: { progress: 0.2 },
    }),
    'Issue.remove': ({ nowMs }) => eventOf('Issue', 'remove', issue, nowMs),
  }),
  sign: ({ body, secret, nowMs, id, event = 'Issue.create' }) => ({
    'content-type': 'application/json; charset=utf-8',
    'linear-delivery': id,
    'linear-event': event.split('.')[0] ?? event,
    'linear-signature': createHmac('sha256', secret).update(body).digest('hex'),
    'linear-timestamp': String(nowMs),
    'user-agent': 'Linear-Webhook',
  }),
}

function eventOf(type: string, action: string, data: object, nowMs: number): object {
  return {
    action,
    actor: { id: 'b5ea5f1f-8adc-4f52-b4bd-ab4e84cf51ba', type: 'user', name: 'Marta König' },
    createdAt: new Date(nowMs).toISOString(),
    data,
    url: 'https://linear.example/orchard/issue/PEAR-23',
    type,
    organizationId: 'faef6b8e-27f4-4b1c-8d3c-05b3e2f5b1c9',
    webhookTimestamp: nowMs,
    webhookId: '4f1a9d3c-2b7e-4c58-a6f0-9d8e7c6b5a43',
  }
}

const issue = {
  id: '2174add1-f7c8-44e3-bbf3-2d60b5ea8bc9',
  identifier: 'PEAR-23',
  number: 23,
  title: 'The pears are too sour',
  priority: 2,
  team: { id: '72b2a2dc-6f4f-4423-9d34-24b5bd10634a', key: 'PEAR', name: 'Pears' },
}

const comment = {
  id: '9c1e6a40-5d2f-4b83-9e17-7a60c8d4f2b1',
  body: 'More sun would help.',
  issueId: issue.id,
  issue: { id: issue.id, title: issue.title },
}

const project = { id: '0d9f4c3b-6a1e-4e27-b8c5-3f2a1b0c9d8e', name: 'Sweeter pears', progress: 0.4, state: 'started' }
