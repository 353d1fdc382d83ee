import { type Sender, senders } from '@trunkline/senders'
import type { Answer, Api } from './api.ts'
import { seededRandom } from './chance.ts'
import type { Place } from './engines.ts'
import { head, openRaw } from './raw-connection.ts'
import { createSource, type TestSource, type Trunkline } from './trunkline.ts'

/** Somebody who does not exist, and what they wrote. Every part is made anew, so that it is found nowhere by chance. */
export interface Person {
  phone: string
  email: string
  name: string
  message: string
  /** What must not be seen of them: their number without its last four digits, and every word. */
  parts: readonly string[]
}

export function makePerson(): Person {
  const chance = seededRandom('people')
  const newWord = (): string =>
    Array.from({ length: 12 }, () => 'abcdefghijklmnopqrstuvwxyz'.charAt(Math.floor(chance() * 26))).join('')
  const digits = Array.from({ length: 5 }, () => String(Math.floor(chance() * 10))).join('')
  const [local, host, given, family, ...words] = Array.from({ length: 8 }, newWord)
  return {
    phone: `4917${digits}4711`,
    email: `${local}@${host}.example`,
    name: `${given} ${family}`,
    message: words.join(' '),
    parts: [`17${digits}`, local, host, given, family, ...words].map(String),
  }
}

/** A sample of a sender that tells of the person wherever it tells of anybody. */
function sampleAbout(person: Person, sender: Sender, event: string): Buffer {
  const text = Buffer.from(sender.sample({ event }).body).toString()
  if (!text.startsWith('{')) {
    const form = new URLSearchParams(text)
    for (const [name, value] of form) form.set(name, about(person, name, value))
    form.append('Canary', person.message)
    return Buffer.from(form.toString())
  }
  const body = JSON.parse(text, (name, value) => (typeof value === 'string' ? about(person, name, value) : value))
  return Buffer.from(
    JSON.stringify({ ...body, canary: { from: person.phone, email: person.email, name: person.name } }),
  )
}

function about({ phone, email, name, message }: Person, field: string, value: string): string {
  if (/^(body|text|caption|description)$/i.test(field)) return message
  if (/name$/i.test(field)) return name
  if (/^\+?\d{10,15}$/.test(value)) return value.replace(/\d+/, phone)
  return value.replace(/[\w.+-]+@[\w.-]+\.\w+/g, email)
}

/** Has every sender tell of the person, well and badly. Answers what was refused, as the senders were told. */
export async function tellOf(person: Person, trunkline: Pick<Trunkline, 'server' | 'api'>): Promise<Answer[]> {
  const answers: Answer[] = []
  for (const sender of senders) {
    const source = await createSource(trunkline, sender.kind)
    answers.push(...(await postAbout(person, source, sender.events[0])))
  }
  return answers.filter(({ status }) => status >= 400)
}

async function postAbout(person: Person, source: TestSource, event: string): Promise<Answer[]> {
  const body = sampleAbout(person, source.sender, event)
  const own = { 'x-customer': person.email, 'user-agent': person.message }
  const exploding = Buffer.from(`{"explode":"${person.message}",${body.toString().slice(1)}`)
  const answers = [
    await source.post(body, { event, headers: own }),
    await source.post(exploding, { event, headers: own }),
    // Genuine, and cut off: it cannot be read.
    await source.post(body.subarray(0, -5), { event }),
    // Forged.
    await source.post(body, { event, headers: source.sign('another body', { event }) }),
    await source.post(body, { isBare: true, headers: own }),
    await source.post(body, { event }, { url: `${source.url}?phone=${person.phone}&text=${person.message}` }),
    await source.post(body, { event }, { url: `${source.url}x/${person.phone}` }),
  ]
  const tooLarge = await openRaw(source.url)
  await tooLarge.write(head('POST', source.url, { 'content-length': 100_000_000 }) + body.toString('latin1'))
  const { status, text } = await tooLarge.answer()
  tooLarge.socket.destroy()
  return [...answers, { status, text, headers: new Headers(), bytes: Buffer.from(text), json: {} }]
}

/** Says the person to the API where it does not belong. Answers what it refused. */
export async function misspeak({ phone, email, name, message }: Person, api: Api): Promise<Answer[]> {
  const json = { 'content-type': 'application/json' }
  const event = { type: 'canary.told', data: { message }, subject: phone, customer: null }
  const answers = [
    await api.send('POST', '/events', `{"type":"a.b","data":{"text":"${message}`, json),
    await api.send('POST', '/events', message, json),
    await api.send('POST', '/events', `{"type":"a.b","data":1} ${message}`, json),
    await api.send('POST', '/events', `'${phone}'`, json),
    await api.post('/events', { ...event, type: message }),
    await api.post('/events', { ...event, subject: message.repeat(10) }),
    await api.post('/events', { ...event, subject: { name } }),
    await api.post('/events', { ...event, [email]: 1, [phone]: 1 }),
    await api.post('/events', [message]),
    await api.post('/events', message),
    await api.post('/sources', { kind: email, name }),
    await api.post('/sources', { kind: 'hmac', name, config: { signed: message, [email]: phone } }),
    await api.post('/sources', { kind: 'generic', name, config: { [message]: phone }, customer: { phone } }),
    await api.post('/endpoints', { url: `https://${name.replace(' ', ':')}@hooks.example/${phone}?t=${email}` }),
    await api.post('/endpoints', { url: message }),
    await api.post('/endpoints', { url: 'https://hooks.example', eventTypes: [email, phone], description: 5 }),
    await api.patch('/endpoints/none', { description: { message } }),
    await api.put('/sources/none/routes/none', { customer: { email }, workspaceId: phone }),
    // The last two are refused by the database, in words that quote the row.
    await api.post('/events', { ...event, type: 'canary.refused' }),
    await api.post('/events', { ...event, type: 'canary.unhandled' }),
  ]
  return answers.filter(({ status }) => status >= 400)
}

/** From here on the database refuses some rows, and says whom they are about. */
export async function loosenTongue({ engine, rows }: Place, { phone, message, email }: Person): Promise<void> {
  const said = `invalid value: "${message}" of ${email} (+${phone})`
  for (const [table, column, type] of [
    ['events', 'type', 'canary.refused'],
    ['deliveries', 'event_type', 'canary.unhandled'],
  ]) {
    const on = `CREATE TRIGGER refuse_${table} BEFORE INSERT ON ${table} FOR EACH ROW WHEN (NEW.${column} = '${type}')`
    if (engine === 'SQLite') await rows(`${on} BEGIN SELECT RAISE(ABORT, '${said}'); END`)
    else {
      await rows(
        `CREATE FUNCTION refuse_${table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '${said}'; END $$`,
      )
      await rows(`${on} EXECUTE FUNCTION refuse_${table}()`)
    }
  }
}
