/** An answer of the API. `json` is empty when the body is no JSON object. */
export interface Answer {
  status: number
  headers: Headers
  bytes: Buffer
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look at answers of every shape
  json: any
}

/** Calls the API as its users do. */
export interface Api {
  get(path: string): Promise<Answer>
  post(path: string, body?: unknown): Promise<Answer>
  put(path: string, body: unknown): Promise<Answer>
  patch(path: string, body: unknown): Promise<Answer>
  delete(path: string): Promise<Answer>
  /** Any request, its body as it is. */
  send(
    method: string,
    path: string,
    body?: string | Uint8Array<ArrayBuffer>,
    headers?: Record<string, string>,
  ): Promise<Answer>
}

/** A client of the API of one server, under one key; without a key it sends none. Paths are below `/api/v1`. */
export function createApi(server: { url: string }, key?: string): Api {
  const send: Api['send'] = async (method, path, body, headers = {}) => {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...headers },
      ...(body === undefined ? {} : { body }),
    })
    return readAnswer(response)
  }
  const json = { 'content-type': 'application/json' }
  return {
    send,
    get: (path) => send('GET', path),
    delete: (path) => send('DELETE', path),
    post: (path, body) => (body === undefined ? send('POST', path) : send('POST', path, JSON.stringify(body), json)),
    put: (path, body) => send('PUT', path, JSON.stringify(body), json),
    patch: (path, body) => send('PATCH', path, JSON.stringify(body), json),
  }
}

/** Reads an answer whole; of a stream, which has no end, its beginning. */
export async function readAnswer(response: Response): Promise<Answer> {
  const bytes = isStream(response) ? await beginningOf(response) : Buffer.from(await response.arrayBuffer())
  const text = bytes.toString()
  let json: unknown = {}
  try {
    json = JSON.parse(text)
  } catch {}
  return { status: response.status, headers: response.headers, bytes, text, json: json ?? {} }
}

const isStream = ({ headers }: Response): boolean => headers.get('content-type') === 'text/event-stream'

async function beginningOf({ body }: Response): Promise<Buffer> {
  const reader = body?.getReader()
  const first = await reader?.read()
  await reader?.cancel()
  return Buffer.from(first?.value ?? [])
}

/** The whole of a list, page by page. */
export async function readAll(api: Api, path: string): Promise<unknown[]> {
  const items: unknown[] = []
  let cursor = ''
  do {
    const { json } = await api.get(`${path}${path.includes('?') ? '&' : '?'}limit=100${cursor}`)
    items.push(...json.data)
    cursor = json.nextCursor ? `&cursor=${json.nextCursor}` : ''
  } while (cursor !== '')
  return items
}
