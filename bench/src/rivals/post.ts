import { Agent as HttpAgent } from 'node:http'
import { Agent, request } from 'undici'

/** Posts a body; answers whatever the status is. */
export type Post = (url: string, body: string, headers: Record<string, string>) => Promise<Answer>

export interface Answer {
  status: number
  text: string
}

const timeoutMs = 15_000

/** The client of the name, with as many kept connections as there are workers. */
export async function openClient(name: string, connections: number): Promise<Post> {
  if (name === 'undici') return undici(connections)
  if (name === 'axios') return axios(connections)
  throw new Error(`there is no client "${name}": it is undici or axios`)
}

function undici(connections: number): Post {
  const dispatcher = new Agent({ connections, pipelining: 1, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
  return async (url, body, headers) => {
    const response = await request(url, { dispatcher, method: 'POST', headers, body })
    return { status: response.statusCode, text: await response.body.text() }
  }
}

/** Tuned: kept connections, no redirects (they go through another package), and nothing parsed or transformed. */
async function axios(connections: number): Promise<Post> {
  const { default: client } = await import('axios')
  const poster = client.create({
    httpAgent: new HttpAgent({ keepAlive: true, maxSockets: connections }),
    maxRedirects: 0,
    timeout: timeoutMs,
    responseType: 'text',
    transformRequest: [],
    transformResponse: [],
    validateStatus: null,
  })
  return async (url, body, headers) => {
    const { status, data } = await poster.post(url, body, { headers })
    return { status, text: data }
  }
}
