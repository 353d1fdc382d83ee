import { type Content, element } from './element.ts'

/** A dotted name or a path, which may go on in the next line after a dot, a slash or an underscore, but not inside a word. */
export function breakable(text: string): Content {
  return text.split(/(?<=[./_])/).flatMap((part, i) => (i === 0 ? [part] : [element('wbr'), part]))
}

/** A URL without what goes without saying: `https://`, and the slash of an empty path. */
export function shortUrl(url: string): string {
  return url.replace(/^(https?:\/\/[^/]*)\/$/, '$1').replace(/^https:\/\//, '')
}
