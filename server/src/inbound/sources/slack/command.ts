import { type FormField, formFields, formText } from '../../payload/form.ts'
import { dedupeKey, type ParsedEvent, subjectOf, Unparsable } from '../../source.ts'

/** Whether a body is a form. It tells by itself, so that no unsigned content type can turn JSON into one: JSON has no `=` there. */
export function isForm(body: Buffer): boolean {
  return /^[a-z_]+=/.test(body.toString('latin1', 0, 64))
}

/**
 * Whether Slack only looks at our certificate, as it does now and then at the URLs of slash commands.
 * https://api.slack.com/interactivity/slash-commands
 */
export function isCertificateCheck(body: Buffer): boolean {
  return formText(fieldsOf(body), 'ssl_check') === '1'
}

/** The event of a slash command. Slack writes it as a form, which is no JSON: who wants its fields reads the body itself. */
export function commandOf(body: Buffer): ParsedEvent {
  const fields = fieldsOf(body)
  if (formText(fields, 'command') === undefined) {
    throw new Unparsable('the form has neither a payload nor one command: it is none of Slack’s')
  }
  return {
    // Slack repeats no command and gives it no id; its trigger makes each body another.
    dedupeKey: dedupeKey(undefined, body),
    type: 'slack.command',
    subject: subjectOf(formText(fields, 'channel_id') ?? formText(fields, 'team_id')),
    data: null,
  }
}

function fieldsOf(body: Buffer): readonly FormField[] {
  return formFields(body) ?? []
}
