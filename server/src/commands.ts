import { createKey, hasKeys, keepFirstKey, revokeKey, useEnvironmentKey } from './access/keep-credential.ts'
import { keepKeys } from './access/keyring.ts'
import { accounts } from './accounts/follow-accounts.ts'
import { appendRequest, publishEvent, releaseHeld } from './events/append.ts'
import { advanceCommand } from './events/follow/follow.ts'
import type { AnyFollower } from './events/follow/follower.ts'
import { dismissParked, rerunCommand } from './events/follow/rerun.ts'
import { retryCommand } from './events/follow/retry.ts'
import { expireQuarantined, keepQuarantined, noteCause } from './events/quarantine.ts'
import { deleteEventType, registerEventTypes, replaceEventType } from './events/types/keep-event-type.ts'
import { keepEnvironmentSource } from './inbound/keep-environment-source.ts'
import { noteUnknownRoutes, putRoute, removeRoute } from './inbound/keep-route.ts'
import { createSource, deleteSource, rotateSecret, updateSource } from './inbound/keep-source.ts'
import { reverifyStep } from './inbound/quarantine/reverify.ts'
import { reprocessStep } from './inbound/reprocess.ts'
import { previewReparse } from './inbound/reprocess-plan.ts'
import { failJob, pauseJob, resumeJob, startJob, takeJob, trimJobs } from './jobs/keep-job.ts'
import { beat, leave } from './jobs/process.ts'
import { expireDeliveries } from './outbound/delivery/expire.ts'
import { retireLanes } from './outbound/delivery/retire.ts'
import { retryDelivery } from './outbound/delivery/retry.ts'
import { settleAttempt } from './outbound/delivery/settle.ts'
import { createEndpoint, deleteEndpoint, updateEndpoint } from './outbound/endpoint/keep-endpoint.ts'
import { sendTrial } from './outbound/endpoint/trial.ts'
import { fanOut } from './outbound/fan-out/fan-out.ts'
import { claimLanes } from './outbound/lane/claim.ts'
import { pauseDeliveries, resumeDeliveries } from './outbound/lane/pause.ts'
import { skipBlocked, skipDelivery } from './outbound/order/skip.ts'
import { cancelStep } from './outbound/replay/cancel.ts'
import { cleanStep } from './outbound/replay/clean.ts'
import { cancelTold, startRecorded } from './outbound/replay/record.ts'
import { replayStep } from './outbound/replay/replay.ts'
import { rehandleStep, rehandleUnread } from './rehandle.ts'
import { eraseLate, eraseOne } from './retention/erase.ts'
import { eraseCustomerStep } from './retention/erase-customer.ts'
import { sweepOnce } from './retention/sweep.ts'
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
  cancelTold,
  cancelStep,
  claimLanes,
  cleanStep,
  createEndpoint,
  createKey,
  createSource,
  deleteEndpoint,
  deleteEventType,
  deleteSource,
  expireQuarantined,
  eraseCustomerStep,
  eraseLate,
  eraseOne,
  expireDeliveries,
  failJob,
  dismissParked,
  keepEnvironmentSource,
  hasKeys,
  keepFirstKey,
  keepKeys,
  keepQuarantined,
  leave,
  noteCause,
  noteUnknownRoutes,
  pauseDeliveries,
  pauseJob,
  previewReparse,
  publishEvent,
  putRoute,
  registerEventTypes,
  rehandleStep,
  rehandleUnread,
  releaseHeld,
  removeRoute,
  replayStep,
  replaceEventType,
  reprocessStep,
  resumeDeliveries,
  resumeJob,
  rerunParked,
  retireLanes,
  retryDelivery,
  retryFollowed,
  reverifyStep,
  revokeKey,
  rotateSecret,
  sendTrial,
  settleAttempt,
  skipBlocked,
  skipDelivery,
  sweepOnce,
  startJob,
  startRecorded,
  takeJob,
  trimJobs,
  updateEndpoint,
  updateSource,
  useEnvironmentKey,
]
