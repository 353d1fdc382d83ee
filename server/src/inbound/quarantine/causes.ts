import type { RequestVerdict } from '../../events/request.ts'

/** What a verdict or a cause means, and what the operator does next, each in one sentence. */
export interface Explanation {
  meaning: string
  nextStep: string
}

/** What each verdict means where the record names no cause. */
export const verdicts: Readonly<Record<RequestVerdict, Explanation>> = {
  verified: {
    meaning: 'The request is genuine, and its events are in the log.',
    nextStep: 'Nothing is to be done.',
  },
  unsigned: {
    meaning: 'Its kind of source has no proof, or asks for none: whoever knows the URL can send such a request.',
    nextStep: 'Keep the URL secret; where the provider can sign, give the source a secret and require the proof.',
  },
  duplicate: {
    meaning: 'It repeats an event that came before, so it made none.',
    nextStep: 'Look at the request that `repeatOf` names.',
  },
  quarantined: {
    meaning: 'It was refused and is kept apart: it made no event.',
    nextStep: 'Read the cause, mend it, and verify the source again (`POST /sources/{id}/reverify`).',
  },
}

/** Every cause that the record of a request can name. */
export const causes = {
  MISSING_SIGNATURE: {
    meaning: 'The request shows no signature or token where its source expects one.',
    nextStep: 'Enter the source’s secret at the provider, and let no proxy take headers away.',
  },
  MALFORMED_SIGNATURE: {
    meaning: 'What stands where the signature belongs has another form than the provider’s.',
    nextStep: 'Compare the header that `detail` names with the provider’s documents: another kind of source may fit.',
  },
  SIGNATURE_MISMATCH: {
    meaning: 'The signature has the right form and fits none of the source’s secrets.',
    nextStep:
      'If you know the sender, enter the same secret here and there and verify the source again (`POST /sources/{id}/reverify`); if not, it is a forgery and can stay.',
  },
  WRONG_SECRET: {
    meaning: 'The request is rightly signed with another secret than the source’s own.',
    nextStep:
      'Give the source the secret that `detail` points at, or the provider the source’s, and verify the source again (`POST /sources/{id}/reverify`).',
  },
  BODY_CHANGED: {
    meaning: 'The signature fits the body as it was before something on the way wrote it anew.',
    nextStep: 'Let the proxy or the framework in between pass the bytes on as they are, and the provider send again.',
  },
  STALE: {
    meaning: 'The request is rightly signed, and its time was too long ago when it came.',
    nextStep:
      'Set the clocks right or raise `config.toleranceSeconds`, and let the provider send again: it stays refused.',
  },
  FROM_FUTURE: {
    meaning: 'The request is rightly signed, and its time was still to come when it came.',
    nextStep:
      'Set the clocks right or raise `config.toleranceSeconds`, and let the provider send again: it stays refused.',
  },
  TOO_LARGE: {
    meaning: 'The body is larger than its kind of source takes, so it was not read and is not kept.',
    nextStep: 'Let the provider send less in one request; `detail` names the limit.',
  },
  UNPARSABLE: {
    meaning: 'The request is genuine, and its kind of source could read no event out of the body.',
    nextStep:
      'Read `detail`; once the parser or the settings are mended, run the request through it again (`POST /requests/reprocess`).',
  },
  BODY_DIFFERS: {
    meaning: 'The same event came before with other bytes, so this one made none.',
    nextStep: 'Compare it with the request that `repeatOf` names: the provider gave one id to two contents.',
  },
  REPEATED: {
    meaning: 'The same event had come before when this request was let in, so it made none.',
    nextStep: 'Nothing is to be done; `repeatOf` names the request that made the event.',
  },
  HELD: {
    meaning: 'The request is genuine, and its events wait because the source was paused.',
    nextStep: 'Set the status of the source to `enabled`, and they are made in order of receipt.',
  },
  SHARED: {
    meaning: 'Its events went to several customers, so each has its own data and nobody the whole body.',
    nextStep: 'Nothing is to be done.',
  },
} as const satisfies Record<string, Explanation>

export type Cause = keyof typeof causes

/** Which verdicts a cause goes with. */
export const verdictsOf: Readonly<Record<Cause, readonly RequestVerdict[]>> = {
  MISSING_SIGNATURE: ['quarantined'],
  MALFORMED_SIGNATURE: ['quarantined'],
  SIGNATURE_MISMATCH: ['quarantined'],
  WRONG_SECRET: ['quarantined'],
  BODY_CHANGED: ['quarantined'],
  STALE: ['quarantined'],
  FROM_FUTURE: ['quarantined'],
  TOO_LARGE: ['quarantined'],
  UNPARSABLE: ['verified', 'unsigned'],
  BODY_DIFFERS: ['duplicate'],
  REPEATED: ['duplicate'],
  HELD: ['verified', 'unsigned'],
  SHARED: ['verified', 'unsigned'],
}

/** What a request's verdict and cause mean. A cause that this version does not know leaves the verdict to speak. */
export function explain(verdict: RequestVerdict, cause: string | null): Explanation {
  return isCause(cause) ? causes[cause] : verdicts[verdict]
}

function isCause(cause: string | null): cause is Cause {
  return cause !== null && Object.hasOwn(causes, cause)
}
