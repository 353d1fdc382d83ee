import { z } from 'zod'
import { type Cause, causes, verdicts, verdictsOf } from '../../inbound/quarantine/causes.ts'
import { deliveryCauses } from '../../outbound/delivery/delivery-causes.ts'
import { causeShape as deliveryCauseShape } from '../deliveries/shape.ts'
import { operation } from '../operation.ts'
import { explanationFields } from '../requests/diagnosis.ts'
import { verdictShape } from '../requests/shape.ts'

export default operation({
  name: 'listCauses',
  method: 'GET',
  path: '/causes',
  scope: 'events.read',
  summary:
    'List every verdict and cause that a request can have, and every cause of a delivery, with what it means and what to do',
  output: z.object({
    verdicts: z.array(z.object({ verdict: verdictShape, ...explanationFields })),
    causes: z.array(z.object({ cause: z.string(), verdicts: z.array(verdictShape), ...explanationFields })),
    deliveries: z.array(
      z.object({
        cause: deliveryCauseShape,
        meaning: z.string(),
        advice: z.string(),
        fault: z.enum(['receiver', 'ours', 'nobody']).meta({
          description: '`receiver`: it counts against the endpoint; `ours`: this server or its proxy failed.',
        }),
      }),
    ),
  }),
  async run() {
    return {
      verdicts: verdictShape.options.map((verdict) => ({ verdict, ...verdicts[verdict] })),
      causes: Object.entries(causes).map(([cause, explanation]) => ({
        cause,
        verdicts: [...verdictsOf[cause as Cause]],
        ...explanation,
      })),
      deliveries: deliveryCauseShape.options.map((cause) => ({ cause, ...deliveryCauses[cause] })),
    }
  },
})
