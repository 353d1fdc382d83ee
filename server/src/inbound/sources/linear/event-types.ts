import type { EventTypeEntry } from '../../source.ts'

/** https://linear.app/developers/webhooks */
export const eventTypes: readonly EventTypeEntry[] = [
  ...changesOf('issue', 'An issue'),
  ...changesOf('comment', 'A comment'),
  ...changesOf('issuelabel', 'A label'),
  ...changesOf('attachment', 'An attachment of an issue'),
  ...changesOf('reaction', 'A reaction to a comment'),
  ...changesOf('project', 'A project'),
  ...changesOf('projectupdate', 'An update of a project'),
  ...changesOf('document', 'A document'),
  ...changesOf('initiative', 'An initiative'),
  ...changesOf('initiativeupdate', 'An update of an initiative'),
  ...changesOf('cycle', 'A cycle'),
  ...changesOf('customer', 'A customer'),
  ...changesOf('customerneed', 'A request of a customer'),
  ...changesOf('user', 'A user'),
  { type: 'linear.agentsessionevent.created', description: 'An agent was given an issue, or was mentioned.' },
  { type: 'linear.agentsessionevent.prompted', description: 'Somebody answered an agent.' },
  { type: 'linear.oauthapp.revoked', description: 'A workspace took back its consent to an application.' },
]

function changesOf(noun: string, what: string): EventTypeEntry[] {
  const verbs = { create: 'created', update: 'changed', remove: 'removed' }
  return Object.entries(verbs).map(([verb, done]) => ({
    type: `linear.${noun}.${verb}`,
    description: `${what} was ${done}.`,
  }))
}
