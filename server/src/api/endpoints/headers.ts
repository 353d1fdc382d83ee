import { z } from 'zod'
import { headerFault, mostHeaders } from '../../outbound/endpoint/custom-headers.ts'

/** Headers of an endpoint's own, as they are given. */
export const headersInput = z
  .record(z.string(), z.string())
  .superRefine((headers, context) => {
    const names = Object.keys(headers)
    if (names.length > mostHeaders) {
      context.addIssue({ code: 'custom', message: `must be at most ${mostHeaders} headers` })
      return
    }
    const seen = new Set<string>()
    for (const name of names) {
      const isRepeated = seen.has(name.toLowerCase())
      const fault = isRepeated ? 'is given twice' : headerFault(name, headers[name] ?? '')
      seen.add(name.toLowerCase())
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault, path: [name] })
    }
  })
  .meta({
    description:
      'Headers that go with each delivery, at most 20. They replace those before; `{}` takes them away. They are stored sealed and never shown again; `headerNames` tells their names.',
    example: { authorization: 'Bearer …' },
  })
