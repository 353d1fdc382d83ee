import { isUtf8 } from 'node:buffer'

/** More than this in one word is refused by some systems. */
const longestWord = 100_000

/** The request as a command for a shell: the same headers, the same bytes. */
export function curlOf(url: string, headers: Readonly<Record<string, string>>, body: Uint8Array): string {
  const names = Object.keys(headers)
  const lines = [
    `curl -sS ${quoted(url)}`,
    // Without a value curl leaves out what it would send by itself.
    ...(names.includes('content-type') ? [] : [`-H ${quoted('content-type:')}`]),
    ...Object.entries(headers).map(([name, value]) => `-H ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`),
  ]
  const text = Buffer.from(body).toString()
  const isPlain = isUtf8(body) && text.length < longestWord && !/[\u0000-\u0009\u000b-\u001f\u007f]/.test(text)
  if (isPlain) return [...lines, `--data-raw ${quoted(text)}`].join(' \\\n  ')
  const base64 = Buffer.from(body).toString('base64')
  return `printf %s ${base64} | base64 -d | ${[...lines, '--data-binary @-'].join(' \\\n  ')}`
}

/** A word that a shell takes as it is. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
