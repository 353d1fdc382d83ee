/** Names of what is secret, as the last part of a longer name. */
const secretName = /(^|[-_.])(authorization|cookie|token|secret|password|passwd|pwd|api[-_]?key)$/i
const key = /(^|[-_.])key$/i
/** Words of an `Authorization` header before its secret. */
const scheme = /^(bearer|basic|token|digest)$/i

/** Whether what follows this name, with this between them, is secret: `password=…`, `token: …`, `Bearer …`. */
export function isSecretName(name: string, between: string): boolean {
  if (name.length > 100) return false
  if (between.includes('=') && key.test(name)) return true
  return /[:=]/.test(between) ? secretName.test(name) : scheme.test(name)
}

/** What keys and tokens begin with at Stripe, Svix, Slack, GitHub, GitLab, Amazon, OpenAI and here, and every JWT. */
const secretPrefix =
  /^((sk|pk|rk|osk|ek|hf|whsec|whpk|gh[opsur]|github_pat|glpat|shpat|shpss|xox[a-z]|xapp)[-_]|EAA[A-Za-z0-9]{8}|eyJ[\w-]{6}|A[KS]IA[0-9A-Z]{12})/

/** Whether a word is a key or a token by how it begins. */
export function isSecretForm(found: string): boolean {
  return found.length >= 8 && secretPrefix.test(found)
}

/** A name or an id of a provider: a short word, `_`, letters and digits. */
const providerId = /^[a-z]{2,5}_[A-Za-z0-9]{6,40}$/

/**
 * Whether a word is as random as keys and tokens are: long, and its characters of ever another class. Identifiers, paths
 * and words joined by signs change much less often.
 */
export function looksRandom(found: string): boolean {
  if (found.length < 20 || providerId.test(found)) return false
  let changes = 0
  let counted = 0
  let hasDigit = false
  let before = 0
  for (let i = 0; i < found.length; i++) {
    const now = classOf(found.charCodeAt(i))
    if (now === 0) continue
    if (now === 3) hasDigit = true
    if (counted > 0 && now !== before) changes++
    before = now
    counted++
  }
  return counted >= 16 && changes >= counted * (hasDigit ? 0.25 : 0.4)
}

/** Upper case, lower case, digit; 0 for all else. */
function classOf(code: number): number {
  if (code >= 97 && code <= 122) return 1
  if (code >= 65 && code <= 90) return 2
  return code >= 48 && code <= 57 ? 3 : 0
}
