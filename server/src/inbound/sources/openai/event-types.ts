import type { EventTypeEntry } from '../../source.ts'

/**
 * An eval run is `canceled` and everything else `cancelled`: so they are spelt at OpenAI.
 * https://developers.openai.com/api/reference/resources/webhooks
 */
export const eventTypes: readonly EventTypeEntry[] = [
  { type: 'openai.response.completed', description: 'A background response is complete.' },
  { type: 'openai.response.failed', description: 'A background response failed.' },
  { type: 'openai.response.cancelled', description: 'A background response was cancelled.' },
  { type: 'openai.response.incomplete', description: 'A background response was interrupted.' },
  { type: 'openai.batch.completed', description: 'A batch is complete.' },
  { type: 'openai.batch.failed', description: 'A batch failed.' },
  { type: 'openai.batch.cancelled', description: 'A batch was cancelled.' },
  { type: 'openai.batch.expired', description: 'A batch was not complete in time.' },
  { type: 'openai.fine_tuning.job.succeeded', description: 'A fine-tuning job succeeded.' },
  { type: 'openai.fine_tuning.job.failed', description: 'A fine-tuning job failed.' },
  { type: 'openai.fine_tuning.job.cancelled', description: 'A fine-tuning job was cancelled.' },
  { type: 'openai.eval.run.succeeded', description: 'An eval run succeeded.' },
  { type: 'openai.eval.run.failed', description: 'An eval run failed.' },
  { type: 'openai.eval.run.canceled', description: 'An eval run was cancelled.' },
  { type: 'openai.realtime.call.incoming', description: 'A call waits to be accepted by the Realtime API.' },
  { type: 'openai.live.transport.incoming', description: 'A call waits to be accepted by the Live API.' },
  { type: 'openai.live.transport.connected', description: 'A session of the Live API began over WebRTC.' },
  { type: 'openai.live.call.incoming', description: 'A call waits: the former name of live.transport.incoming.' },
  { type: 'openai.agent.session.created', description: "An agent's session was made." },
  { type: 'openai.agent.session.in_progress', description: "An agent's session is at work." },
  { type: 'openai.agent.session.action_required', description: "An agent's session waits for you." },
  { type: 'openai.agent.session.idle', description: "An agent's session is ready for more." },
  { type: 'openai.agent.session.failed', description: "An agent's session failed." },
  { type: 'openai.agent.environment.ready', description: "An agent's environment was prepared." },
  { type: 'openai.agent.environment.failed', description: "An agent's environment could not be prepared." },
  { type: 'openai.agent.environment.suspended', description: "An agent's environment sleeps, and can go on." },
  { type: 'openai.agent.environment.expired', description: "An agent's environment is over." },
  { type: 'openai.safety.alert.created', description: 'There is a safety alert for a project.' },
  { type: 'openai.safety.org_alert.created', description: 'There is a safety alert for a workspace.' },
  { type: 'openai.safety.warning_issued', description: 'One of your users was warned.' },
  { type: 'openai.safety.deactivation_issued', description: 'One of your users was shut out.' },
]
