import { keepFirstKey, useEnvironmentKey } from './access/keep-credential.ts'
import { keepKeys } from './access/keyring.ts'
import { accounts } from './accounts/follow-accounts.ts'
import { appendRequest, publishEvent, releaseHeld } from './events/append.ts'
import { advanceCommand } from './events/follow.ts'
import type { AnyFollower } from './events/follower.ts'
import { expireQuarantined, keepQuarantined, noteCause } from './events/quarantine.ts'
import { dismissParked, rerunCommand } from './events/rerun.ts'
import { retryCommand } from './events/retry.ts'
import { keepEnvironmentSource } from './inbound/keep-environment-source.ts'
import { noteUnknownRoutes, putRoute, removeRoute } from './inbound/keep-route.ts'
import { createSource, deleteSource, rotateSecret, updateSource } from './inbound/keep-source.ts'
import { reprocessStep } from './inbound/reprocess.ts'
import { previewReparse } from './inbound/reprocess-plan.ts'
import { reverifyStep } from './inbound/reverify.ts'
import { cancelJob, failJob, pauseJob, resumeJob, startJob, takeJob, trimJobs } from './jobs/keep-job.ts'
import { beat, leave } from './jobs/process.ts'
import { claimLanes } from './outbound/claim.ts'
import { fanOut } from './outbound/fan-out.ts'
import { createEndpoint, deleteEndpoint, updateEndpoint } from './outbound/keep-endpoint.ts'
import { retireLanes } from './outbound/retire.ts'
import { retryDelivery } from './outbound/retry.ts'
import { settleAttempt } from './outbound/settle.ts'
import type { AnyCommand, Stores } from './storage/stores.ts'

/** Everybody who follows the log. */
export const followers: readonly AnyFollower<Stores>[] = [fanOut, accounts]

/** Moves a follower on: any of these, by its name. */
export const advance = advanceCommand<Stores>(followers)

/** Tries what a follower could not handle. */
export const retryFollowed = retryCommand<Stores>(followers)

/** Runs again what a follower could not handle. */
export const rerunParked = rerunCommand<Stores>(followers)

/** Every command that may cross to a writer. A command that is missing here fails at its first use. */
export const commands: readonly AnyCommand[] = [
  advance,
  appendRequest,
  beat,
  cancelJob,
  claimLanes,
  createEndpoint,
  createSource,
  deleteEndpoint,
  deleteSource,
  expireQuarantined,
  failJob,
  dismissParked,
  keepEnvironmentSource,
  keepFirstKey,
  keepKeys,
  keepQuarantined,
  leave,
  noteCause,
  noteUnknownRoutes,
  pauseJob,
  previewReparse,
  publishEvent,
  putRoute,
  releaseHeld,
  removeRoute,
  reprocessStep,
  resumeJob,
  rerunParked,
  retireLanes,
  retryDelivery,
  retryFollowed,
  reverifyStep,
  rotateSecret,
  settleAttempt,
  startJob,
  takeJob,
  trimJobs,
  updateEndpoint,
  updateSource,
  useEnvironmentKey,
]
