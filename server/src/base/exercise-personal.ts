import fc from 'fast-check'

/** Something personal or secret, as it is written, and what must not be left of it. */
export interface Planted {
  written: string
  /** Parts of it of which none may be seen. */
  hidden: readonly string[]
}

const digits = (count: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: count, maxLength: count }).map((each) => each.join(''))
const letters = (least: number, most: number) =>
  fc
    .array(fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzäöüßéñ'), { minLength: least, maxLength: most })
    .map((each) => each.join(''))
const random = (alphabet: string, count: number) =>
  fc.array(fc.constantFrom(...alphabet), { minLength: count, maxLength: count }).map((each) => each.join(''))
const base62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A phone number in one of its spellings. */
export const phone: fc.Arbitrary<Planted> = fc
  .tuple(
    fc.constantFrom('49', '1', '62', '44', '351', '971'),
    digits(3).map((area) => `1${area.slice(1)}`),
    digits(7),
    fc.constantFrom(
      (c: string, a: string, n: string) => `+${c} ${a} ${n}`,
      (c: string, a: string, n: string) => `+${c}${a}${n}`,
      (c: string, a: string, n: string) => `00${c}-${a}-${n}`,
      (c: string, a: string, n: string) => `+${c} (${a}) ${n.slice(0, 3)}-${n.slice(3)}`,
      (c: string, a: string, n: string) => `${c}${a}${n}`,
      (_: string, a: string, n: string) => `0${a}/${n}`,
      (_: string, a: string, n: string) => `(0${a}) ${n.slice(0, 3)} ${n.slice(3)}`,
      (c: string, a: string, n: string) => `+${c}.${a}.${n.slice(0, 3)}.${n.slice(3)}`,
      (c: string, a: string, n: string) => `+${c}\u00a0${a}\u2011${n}`,
      (c: string, a: string, n: string) => `%2B${c}${a}${n}`,
      (c: string, a: string, n: string) => `whatsapp:+${c}${a}${n}`,
      (c: string, a: string, n: string) => `tel:+${c}-${a}-${n}`,
      (c: string, a: string, n: string) => `${c}${a}${n}@s.whatsapp.net`,
    ),
  )
  .map(([country, area, number, spell]) => {
    const written = spell(country, area, number)
    const told = number.slice(-4)
    const hidden = [`${area}${number}`, number.slice(0, 4)]
    return { written, hidden: hidden.filter((each) => /[1-9]/.test(each) && each !== told) }
  })

export const email: fc.Arbitrary<Planted> = fc
  .tuple(
    letters(4, 12),
    fc.constantFrom('', '+news', '.berg', '_1'),
    letters(4, 9),
    fc.constantFrom('de', 'example', 'co.uk', '测试'),
    fc.constantFrom('@', '%40', '＠'),
  )
  .map(([name, tag, host, end, at]) => ({ written: `${name}${tag}${at}${host}.${end}`, hidden: [name, host] }))

/** Keys and tokens, made as they are asked for: none stands in this file. */
export const token: fc.Arbitrary<Planted> = fc
  .oneof(
    random(base62, 24).map((key) => ({ head: `${['sk', 'live'].join('_')}_`, key })),
    random(base62, 48).map((key) => ({ head: 'osk_', key })),
    random(base62, 32).map((key) => ({ head: `${['wh', 'sec'].join('')}_`, key })),
    random(base62, 36).map((key) => ({ head: 'ghp_', key })),
    random(base62, 16).map((key) => ({ head: 'AKIA', key: key.toUpperCase() })),
    random(`${base62}-_`, 43).map((key) => ({ head: 'Bearer ', key })),
    random(`${base62}+/`, 40).map((key) => ({ head: 'password=', key })),
    random('0123456789abcdef', 64).map((key) => ({ head: '', key })),
    fc
      .tuple(random(base62, 30), random(`${base62}-_`, 60), random(`${base62}-_`, 43))
      .map(([a, b, c]) => ({ head: 'eyJ', key: [a, `eyJ${b}`, c].join('.') })),
  )
  .map(({ head, key }) => ({ written: head + key, hidden: key.split('.').map((part) => part.slice(0, 14)) }))

export const url: fc.Arbitrary<Planted> = fc
  .tuple(letters(6, 12), random(base62, 20), letters(6, 12), fc.constantFrom('https', 'postgres', 'wss', 'redis'))
  .map(([user, secret, path, scheme]) => ({
    written: `${scheme}://${user}:${secret}@host.example:443/${path}?t=${secret}#${path}`,
    hidden: [user, secret, path],
  }))

/** What somebody wrote, in the ways in which an error quotes it. */
export const message: fc.Arbitrary<Planted> = fc
  .tuple(
    fc.array(letters(5, 9), { minLength: 3, maxLength: 8 }),
    fc.constantFrom(
      (text: string) => `"${text}"`,
      (text: string) => JSON.stringify({ from: 1, text: { body: text } }),
      (text: string) => JSON.stringify([text, 1]),
      (text: string) => JSON.stringify(JSON.stringify({ text })),
      (text: string) => `{ "text":\n"${text} and no end`,
      (text: string) => `"text" : "${text}"`,
      (text: string) => `Body=${text.replaceAll(' ', '+')}&To=me`,
      (text: string) => `To=me&Body=${text.replaceAll(' ', '%20')}`,
      (text: string) => `"${text} cut o`,
    ),
  )
  .map(([words, quote]) => ({ written: quote(words.join(' ')), hidden: words }))

/** What must stay readable. */
export const plainWords = fc.oneof(
  random('0123456789abcdefghjkmnpqrstvwxyz', 26).chain((rest) =>
    fc.constantFrom('evt', 'req', 'src', 'ep', 'dlv', 'ws').map((kind) => `${kind}_${rest}`),
  ),
  fc.uuid(),
  fc
    .date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
    .map((at) => at.toISOString()),
  fc.integer({ min: 0, max: 999_999 }).map(String),
  fc.integer({ min: 1_500_000_000_000, max: 1_900_000_000_000 }).map(String),
  fc.ipV4(),
  fc.constantFrom(
    'SIGNATURE_MISMATCH',
    'github.pull_request.opened',
    'ECONNREFUSED',
    '23505',
    '12.5',
    'server/src/storage/postgres/0001-spine.ts',
    'events_p20261127',
    '"github"',
    '@trunkline/sdk',
    'x-hub-signature-256',
    'file:///app/server/log.ts:10:20',
  ),
)
