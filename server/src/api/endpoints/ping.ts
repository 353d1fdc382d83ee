import { pingType } from '../../outbound/endpoint/trial-type.ts'
import { operation } from '../operation.ts'
import { endpointId } from './shape.ts'
import { trialShape, tryOut } from './trial.ts'

export default operation({
  name: 'pingEndpoint',
  method: 'POST',
  path: '/endpoints/:id/ping',
  scope: 'endpoints.write',
  summary: 'Send trunkline.ping to this endpoint alone, as a delivery like any other',
  bound: 'endpoint',
  params: endpointId,
  status: 202,
  output: trialShape,
  run: (context, { params: { id } }) =>
    tryOut(id, { type: pingType, data: JSON.stringify({ endpointId: id }) }, context),
})
