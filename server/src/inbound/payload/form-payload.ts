import { Unparsable } from '../source.ts'
import { formFields, mostFields } from './form.ts'

const field = Buffer.from('payload=', 'latin1')
const name = field.subarray(0, -1)

/**
 * The bytes of the `payload` field of an `application/x-www-form-urlencoded` body, which is how GitHub (if a hook is set
 * so) and Slack (for interactions) wrap their JSON; undefined when the body is no such form. The body's own first bytes
 * decide, not the content type: no signature covers that header, and a genuine JSON body with `&payload=…` somewhere
 * inside, sent again as a form, would become an event of an attacker's choice. JSON cannot begin with `payload=`.
 * https://docs.github.com/en/webhooks/using-webhooks/creating-webhooks#creating-a-repository-webhook
 * https://api.slack.com/interactivity/handling
 */
export function formPayload(body: Buffer): Buffer | undefined {
  if (!body.subarray(0, field.length).equals(field)) return undefined
  const fields = formFields(body)
  if (!fields) throw new Unparsable(`the form has more than ${mostFields} fields`)
  const [payload, second] = fields.filter((each) => each.name.equals(name))
  if (second) throw new Unparsable('the form has two payload fields')
  return payload?.value
}
