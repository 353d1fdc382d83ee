import type { EventTypeEntry } from '../../source.ts'

/** https://docs.gitlab.com/user/project/integrations/webhook_events/ */
export const eventTypes: readonly EventTypeEntry[] = [
  { type: 'gitlab.push', description: 'Commits were pushed to a branch.' },
  { type: 'gitlab.tag_push', description: 'A tag was made or deleted.' },
  { type: 'gitlab.issue', description: 'An issue was opened, changed, closed or opened again.' },
  { type: 'gitlab.work_item', description: 'A work item was opened, changed, closed or opened again.' },
  { type: 'gitlab.note', description: 'Somebody commented on a commit, an issue, a merge request or a snippet.' },
  { type: 'gitlab.merge_request', description: 'A merge request was opened, changed, approved, merged or closed.' },
  { type: 'gitlab.wiki_page', description: 'A page of a wiki was made, changed or deleted.' },
  { type: 'gitlab.pipeline', description: 'The status of a pipeline changed.' },
  { type: 'gitlab.build', description: 'The status of a job changed.' },
  { type: 'gitlab.deployment', description: 'A deployment began, succeeded, failed or was cancelled.' },
  { type: 'gitlab.release', description: 'A release was made, changed or deleted.' },
  { type: 'gitlab.milestone', description: 'A milestone was made, closed, opened again or deleted.' },
  { type: 'gitlab.emoji', description: 'An emoji was given or taken back.' },
  { type: 'gitlab.feature_flag', description: 'A feature flag was turned on or off.' },
  { type: 'gitlab.access_token', description: 'An access token is about to expire.' },
]
