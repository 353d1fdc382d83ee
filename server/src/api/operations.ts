import listPayments from './accounts/list-payments.ts'
import listSubscriptions from './accounts/list-subscriptions.ts'
import listUsers from './accounts/list-users.ts'
import readPayment from './accounts/read-payment.ts'
import readSubscription from './accounts/read-subscription.ts'
import readUser from './accounts/read-user.ts'
import listCauses from './causes/list.ts'
import listCustomers from './customers/list.ts'
import cancelDeliveries from './deliveries/cancel.ts'
import cleanDeliveries from './deliveries/clean.ts'
import listDeliveries from './deliveries/list.ts'
import pauseDeliveries from './deliveries/pause.ts'
import readDelivery from './deliveries/read.ts'
import readDeliveryPause from './deliveries/read-pause.ts'
import resumeDeliveries from './deliveries/resume.ts'
import retryDelivery from './deliveries/retry.ts'
import retryFailedDeliveries from './deliveries/retry-failed.ts'
import skipDelivery from './deliveries/skip.ts'
import listBlockedKeys from './endpoints/blocked-keys.ts'
import checkEndpoint from './endpoints/check.ts'
import createEndpoint from './endpoints/create.ts'
import deleteEndpoint from './endpoints/delete.ts'
import listEndpoints from './endpoints/list.ts'
import readMissed from './endpoints/missed.ts'
import pingEndpoint from './endpoints/ping.ts'
import readEndpoint from './endpoints/read.ts'
import rotateEndpointSecret from './endpoints/rotate-secret.ts'
import readEndpointStats from './endpoints/stats.ts'
import testEndpoint from './endpoints/test.ts'
import updateEndpoint from './endpoints/update.ts'
import erase from './erasure/erase.ts'
import deleteEventType from './event-types/delete.ts'
import listEventTypes from './event-types/list.ts'
import readEventType from './event-types/read.ts'
import registerEventType from './event-types/register.ts'
import registerProductEvents from './event-types/register-product-events.ts'
import replaceEventType from './event-types/replace.ts'
import readEventBody from './events/body.ts'
import listEvents from './events/list.ts'
import publishEvent from './events/publish.ts'
import readEvent from './events/read.ts'
import rehandleEvents from './events/rehandle.ts'
import streamEvents from './events/stream.ts'
import cancelJob from './jobs/cancel.ts'
import listJobs from './jobs/list.ts'
import pauseJob from './jobs/pause.ts'
import readJob from './jobs/read.ts'
import resumeJob from './jobs/resume.ts'
import createKey from './keys/create.ts'
import listKeys from './keys/list.ts'
import readKey from './keys/read.ts'
import revokeKey from './keys/revoke.ts'
import type { Operation } from './operation.ts'
import dismissParkedEvent from './parked-events/dismiss.ts'
import listParkedEvents from './parked-events/list.ts'
import readParkedEvent from './parked-events/read.ts'
import rerunParkedEvent from './parked-events/rerun.ts'
import rerunParkedEvents from './parked-events/rerun-many.ts'
import readQueue from './queue/read.ts'
import planReplay from './replays/plan.ts'
import startReplay from './replays/start.ts'
import readRequestBody from './requests/body.ts'
import readRequestCurl from './requests/curl.ts'
import listRequests from './requests/list.ts'
import readRequest from './requests/read.ts'
import reprocessRequests from './requests/reprocess.ts'
import readRetention from './retention/read.ts'
import createSource from './sources/create.ts'
import deleteSource from './sources/delete.ts'
import listSourceKinds from './sources/kinds.ts'
import listSources from './sources/list.ts'
import readSource from './sources/read.ts'
import reverifySource from './sources/reverify.ts'
import rotateSourceSecret from './sources/rotate-secret.ts'
import deleteRoute from './sources/routes/delete.ts'
import listRoutes from './sources/routes/list.ts'
import putRoute from './sources/routes/put.ts'
import sampleSource from './sources/sample.ts'
import updateSource from './sources/update.ts'
import readStats from './stats/read.ts'

/** Every operation of the API. */
export const operations: readonly Operation[] = [
  listSourceKinds,
  createSource,
  listSources,
  readSource,
  updateSource,
  rotateSourceSecret,
  deleteSource,
  sampleSource,
  reverifySource,
  listRoutes,
  putRoute,
  deleteRoute,
  createEndpoint,
  checkEndpoint,
  listEndpoints,
  readEndpoint,
  updateEndpoint,
  rotateEndpointSecret,
  deleteEndpoint,
  pingEndpoint,
  testEndpoint,
  listBlockedKeys,
  readEndpointStats,
  readMissed,
  publishEvent,
  listEvents,
  streamEvents,
  readEvent,
  readEventBody,
  rehandleEvents,
  listEventTypes,
  readEventType,
  registerEventType,
  registerProductEvents,
  replaceEventType,
  deleteEventType,
  listRequests,
  readRequest,
  readRequestBody,
  readRequestCurl,
  listParkedEvents,
  readParkedEvent,
  rerunParkedEvents,
  rerunParkedEvent,
  dismissParkedEvent,
  reprocessRequests,
  listCauses,
  listDeliveries,
  readDeliveryPause,
  readDelivery,
  retryDelivery,
  skipDelivery,
  readStats,
  readQueue,
  pauseDeliveries,
  resumeDeliveries,
  retryFailedDeliveries,
  cancelDeliveries,
  cleanDeliveries,
  planReplay,
  startReplay,
  erase,
  readRetention,
  listSubscriptions,
  readSubscription,
  listPayments,
  readPayment,
  listUsers,
  readUser,
  listJobs,
  readJob,
  pauseJob,
  resumeJob,
  cancelJob,
  listCustomers,
  createKey,
  listKeys,
  readKey,
  revokeKey,
]
