import { ownTypePrefix } from '../../events/event.ts'

/** The type of an event that asks an endpoint whether it is there. */
export const pingType = `${ownTypePrefix}ping`

/** The type of an event that tries an endpoint out. */
export const testType = `${ownTypePrefix}test`

const playedPrefix = `${testType}.`

/** The type of an event that tries an endpoint out with an example of another type. */
export const playedType = (type: string): string => playedPrefix + type

/** Whether events of a type go to the endpoint alone that they were made for. */
export const isTrial = (type: string): boolean =>
  type === pingType || type === testType || type.startsWith(playedPrefix)

/** The type as its receiver is told it: that of the example. */
export const sentType = (type: string): string =>
  type.startsWith(playedPrefix) ? type.slice(playedPrefix.length) : type
