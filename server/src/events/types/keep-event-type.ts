import { command } from '../../base/command.ts'
import { Problem, quoted } from '../../base/errors.ts'
import type { LogStore } from '../log-store.ts'
import { ownEvent } from '../own-event.ts'
import type { EventTypeStore, RegisteredType } from './event-type-store.ts'

type TypeTx = { eventTypes: EventTypeStore; log: LogStore }

/** So many types has a workspace at most: more than anybody describes, and a bound for what is kept in memory. */
export const mostTypes = 1000

/** Registers types that are not there yet, and leaves the others as they are. Answers the names of the new ones. */
export const registerEventTypes = command<TypeTx, { types: readonly RegisteredType[] }, readonly string[]>(
  'register-event-types',
  async (tx, { types }) => {
    const made: string[] = []
    for (const each of types) {
      if (!(await tx.eventTypes.insert(each))) continue
      made.push(each.type)
      await tx.log.appendEvents([newsOf('registered', each, each.createdAt)])
    }
    const [first] = types
    if (first && made.length > 0) await checkRoom(tx, first.workspaceId)
    return made
  },
)

/** Puts other settings in place of those that a type has. Answers it as it is now. */
export const replaceEventType = command<TypeTx, { type: RegisteredType }, RegisteredType>(
  'replace-event-type',
  async (tx, { type }) => {
    if (!(await tx.eventTypes.replace(type))) throw noRegisteredType(type.type)
    await tx.log.appendEvents([newsOf('updated', type, type.updatedAt)])
    return (await tx.eventTypes.read(type.workspaceId, type.type)) ?? type
  },
)

/** Forgets what was registered; events of the type stay, and go on to be published and delivered. */
export const deleteEventType = command<TypeTx, { workspaceId: string; type: string; now: number }, null>(
  'delete-event-type',
  async (tx, { workspaceId, type, now }) => {
    if (!(await tx.eventTypes.remove(workspaceId, type))) throw noRegisteredType(type)
    await tx.log.appendEvents([newsOf('deleted', { workspaceId, type }, now)])
    return null
  },
)

export const noRegisteredType = (type: string): Problem =>
  new Problem('NOT_FOUND', `no type of event ${quoted(type)} has been registered here`)

async function checkRoom(tx: TypeTx, workspaceId: string): Promise<void> {
  if ((await tx.eventTypes.count(workspaceId)) > mostTypes) {
    throw new Problem('CONFLICT', `a workspace has at most ${mostTypes} registered types of event: delete one first`)
  }
}

const newsOf = (what: string, { workspaceId, type }: Pick<RegisteredType, 'workspaceId' | 'type'>, now: number) =>
  ownEvent({ workspaceId, customer: null, type: `event-type.${what}`, subject: type, data: { type }, now })
