import { keepFirstKey, useEnvironmentKey } from './access/keep-credential.ts'
import { keepKeys } from './access/keyring.ts'
import { accounts } from './accounts/follow-accounts.ts'
import { appendRequest, publishEvent, quarantineRequest, releaseHeld } from './events/append.ts'
import { advanceCommand } from './events/follow.ts'
import { keepEnvironmentSource } from './inbound/keep-environment-source.ts'
import { noteUnknownRoutes, putRoute, removeRoute } from './inbound/keep-route.ts'
import { createSource, deleteSource, rotateSecret, updateSource } from './inbound/keep-source.ts'
import { reprocessStep } from './inbound/reprocess.ts'
import { previewReparse } from './inbound/reprocess-plan.ts'
import { cancelJob, failJob, pauseJob, resumeJob, startJob, takeJob, trimJobs } from './jobs/keep-job.ts'
import { beat, leave } from './jobs/process.ts'
import { claimLanes } from './outbound/claim.ts'
import { fanOut } from './outbound/fan-out.ts'
import { createEndpoint, deleteEndpoint, updateEndpoint } from './outbound/keep-endpoint.ts'
import { retireLanes } from './outbound/retire.ts'
import { retryDelivery } from './outbound/retry.ts'
import { settleAttempt } from './outbound/settle.ts'
import { rehandleStep } from './rehandle.ts'
import type { AnyCommand, Stores } from './storage/stores.ts'

/** Moves a follower on: any of these, by its name. */
export const advance = advanceCommand<Stores>([fanOut, accounts])

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
  failJob,
  keepEnvironmentSource,
  keepFirstKey,
  keepKeys,
  leave,
  noteUnknownRoutes,
  pauseJob,
  previewReparse,
  publishEvent,
  putRoute,
  quarantineRequest,
  rehandleStep,
  releaseHeld,
  removeRoute,
  reprocessStep,
  resumeJob,
  retireLanes,
  retryDelivery,
  rotateSecret,
  settleAttempt,
  startJob,
  takeJob,
  trimJobs,
  updateEndpoint,
  updateSource,
  useEnvironmentKey,
]
