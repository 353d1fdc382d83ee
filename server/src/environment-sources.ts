import { isDeepStrictEqual } from 'node:util'
import { defaultWorkspaceId, newId } from './base/id.ts'
import { ConfigError, type SourceSetting } from './config.ts'
import type { Core } from './core.ts'
import { ownEvent } from './events/own-event.ts'
import { hashToken } from './inbound/claimants.ts'
import { tokenFault } from './inbound/fixed-path.ts'
import { type KeptSource, keepEnvironmentSource } from './inbound/keep-environment-source.ts'
import { updateSource } from './inbound/keep-source.ts'
import { makeSourceKey } from './inbound/open-source.ts'
import { openSecrets, sealFormer, secretsPlace } from './inbound/secrets.ts'
import type { SourceDefinition } from './inbound/source.ts'
import type { SourceChanges } from './inbound/source-store.ts'
import { sourceDefinitions } from './inbound/sources/index.ts'

type Needs = Pick<Core, 'commit' | 'clock' | 'seal' | 'journal'>

/** A source of the environment that its kind takes. */
interface Wanted {
  definition: SourceDefinition
  path: string
  setting: SourceSetting
  /** The secret that the source gets when it is made. */
  secret: string | undefined
  /** Its settings, with their defaults. */
  config: unknown
}

/**
 * Sees to it that each source that the environment describes is there, in the default workspace and at its fixed path, with
 * the values that the variables have now. Safe at every start and for processes that start at once. A kind that this
 * server does not have is passed over. Throws a `ConfigError` that names every variable whose value its kind refuses.
 */
export async function keepEnvironmentSources(
  settings: readonly SourceSetting[],
  needs: Needs,
  definitions: ReadonlyMap<string, SourceDefinition> = sourceDefinitions,
): Promise<void> {
  const faults: string[] = []
  const wanted = settings.flatMap((setting) => {
    const definition = definitions.get(setting.kind)
    const path = definition?.fixedPath?.path
    return definition && path !== undefined ? (check(setting, definition, path, faults) ?? []) : []
  })
  if (faults.length > 0) throw new ConfigError(faults)
  for (const each of wanted) await keep(each, needs)
}

function check(
  setting: SourceSetting,
  definition: SourceDefinition,
  path: string,
  faults: string[],
): Wanted | undefined {
  const before = faults.length
  const note = (name: string, fault: string | undefined) => fault !== undefined && faults.push(`${name}: ${fault}`)
  // A provider that signs nothing may have only the token; then it is all that can be shown as proof.
  const secret = setting.secret ?? setting.token
  if (secret && !definition.isSecretless) note(secret.name, definition.checkSecret(secret.value))
  if (setting.token) note(setting.token.name, tokenFault(setting.token.value))
  const config = definition.config.safeParse(
    Object.fromEntries(Object.entries(setting.config).map(([name, { value }]) => [name, value])),
  )
  if (!config.success) {
    for (const { path: at, message } of config.error.issues)
      note(setting.config[String(at[0])]?.name ?? setting.variable, message)
  }
  if (faults.length > before || !config.success) return undefined
  return { definition, path, setting, secret: definition.isSecretless ? undefined : secret?.value, config: config.data }
}

async function keep(wanted: Wanted, needs: Needs): Promise<void> {
  const { definition, setting, path, secret, config } = wanted
  const { commit, clock, seal, journal } = needs
  const now = clock.now()
  const id = newId('source', now)
  const workspaceId = defaultWorkspaceId
  const name = setting.variable
  const sealed = seal.seal(JSON.stringify(secret === undefined ? [] : [secret]), secretsPlace({ workspaceId, id }))
  const kept = await commit(keepEnvironmentSource, {
    origin: `environment:${definition.kind}`,
    source: {
      id,
      workspaceId,
      customer: null,
      kind: definition.kind,
      name,
      key: makeSourceKey(),
      sealedSecrets: sealed,
      config: JSON.stringify(config),
      isEnabled: true,
      createdAt: now,
      updatedAt: now,
      origin: 'environment',
      fixedPath: null,
      holding: 'none',
      routesVersion: 0,
      rateLimit: null,
    },
    claim: { path, tokenHash: tokenHashOf(setting) },
    news: ownEvent({
      workspaceId,
      customer: null,
      type: 'source.created',
      subject: id,
      data: { id, kind: definition.kind, name },
      now,
    }),
  })
  if (kept.claimFault !== undefined)
    journal.error('source.unclaimed', { source: kept.source.id, variable: setting.variable, detail: kept.claimFault })
  if (kept.isNew) journal.info('source.made', { source: id, kind: definition.kind, variable: setting.variable })
  else await bringUpToDate(kept, wanted, needs)
}

/** Gives a source that was there the values that the variables have now. What no variable sets stays as it is. */
async function bringUpToDate({ source, tokenHash, former, claimFault }: KeptSource, wanted: Wanted, needs: Needs) {
  const { setting, path, secret } = wanted
  const { commit, clock, seal, journal } = needs
  const now = clock.now()
  const changes: SourceChanges = {}
  if (secret !== undefined && openSecrets(source, seal)[0] !== secret) {
    changes.sealedSecrets = seal.seal(JSON.stringify([secret]), secretsPlace(source))
    changes.formerSecrets = sealFormer(source, [{ secret, until: null }], { former, seal, now })
  }
  const config = { ...(JSON.parse(source.config) as object), ...configOf(setting) }
  if (!isDeepStrictEqual(config, JSON.parse(source.config))) changes.config = JSON.stringify(config)
  const hash = tokenHashOf(setting)
  const isOtherToken = claimFault === undefined && hash !== null && hash !== tokenHash
  const changed = [
    ...(changes.sealedSecrets === undefined ? [] : ['secret']),
    ...(changes.config === undefined ? [] : ['config']),
    ...(isOtherToken ? ['token'] : []),
  ]
  if (changed.length === 0) return
  await commit(updateSource, {
    workspaceId: source.workspaceId,
    id: source.id,
    changes,
    ...(isOtherToken ? { claim: { path, tokenHash: hash } } : {}),
    now,
    news: ownEvent({
      workspaceId: source.workspaceId,
      customer: source.customer,
      type: 'source.updated',
      subject: source.id,
      data: { id: source.id, changed },
      now,
    }),
  })
  journal.info('source.changed', { source: source.id, variable: setting.variable, changed })
}

const tokenHashOf = ({ token }: SourceSetting): string | null => (token ? hashToken(token.value) : null)

function configOf({ config }: SourceSetting): Record<string, string> {
  return Object.fromEntries(Object.entries(config).map(([name, { value }]) => [name, value]))
}
