import { type Content, element } from './element.ts'

/** A dotted name or a path, which may go on in the next line after a dot, a slash or an underscore, but not inside a word. */
export function breakable(text: string): Content {
  return text.split(/(?<=[./_])/).flatMap((part, i) => (i === 0 ? [part] : [element('wbr'), part]))
}

/** A URL without what goes without saying: `https://`, and the slash of an empty path. */
export function shortUrl(url: string): string {
  return url.replace(/^(https?:\/\/[^/]*)\/$/, '$1').replace(/^https:\/\//, '')
}

/** A sentence of the server's in which names of fields and settings stand between backticks. */
export function sentence(text: string): Content {
  return text.split('`').map((part, i) => (i % 2 === 0 ? part : element('code', {}, part)))
}
