import { z } from 'zod'
import { type Cause, causes, verdicts, verdictsOf } from '../../inbound/quarantine/causes.ts'
import { operation } from '../operation.ts'
import { explanationFields } from '../requests/diagnosis.ts'
import { verdictShape } from '../requests/shape.ts'

export default operation({
  name: 'listCauses',
  method: 'GET',
  path: '/causes',
  scope: 'events.read',
  summary: 'List every verdict and cause that a request can have, with what it means and what to do',
  output: z.object({
    verdicts: z.array(z.object({ verdict: verdictShape, ...explanationFields })),
    causes: z.array(z.object({ cause: z.string(), verdicts: z.array(verdictShape), ...explanationFields })),
  }),
  async run() {
    return {
      verdicts: verdictShape.options.map((verdict) => ({ verdict, ...verdicts[verdict] })),
      causes: Object.entries(causes).map(([cause, explanation]) => ({
        cause,
        verdicts: [...verdictsOf[cause as Cause]],
        ...explanation,
      })),
    }
  },
})
