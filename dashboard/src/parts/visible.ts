// Characters that show nothing, or make others show where they do not stand: a text from outside could hide in them.
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g
const invisible =
  /[\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|\u034f|[\u{e0000}-\u{e0fff}]/gu

/** A text in which every character can be seen: controls as their pictures (␀, ␛), what turns or hides text as `⟨U+202E⟩`. */
export function visible(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(controls, (each) => picture(each.charCodeAt(0)))
    .replace(invisible, (each) => named(each.codePointAt(0) ?? 0))
}

function picture(code: number): string {
  if (code === 0x7f) return '␡'
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : named(code)
}

const named = (code: number): string => `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`
