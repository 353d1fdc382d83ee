import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createApi } from './api.ts'
import { ApiError } from './api-error.ts'

let answer = (_: ServerResponse) => {}
const server = createServer((_, response) => answer(response))
const api = createApi('osk_x')

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  // The page's own paths are relative, and only a browser knows what to.
  const ask = globalThis.fetch
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => ask(`http://127.0.0.1:${port}/${path}`, init))
})
afterAll(() => {
  vi.unstubAllGlobals()
  server.closeAllConnections()
  server.close()
})

const faultOf = async (asked: Promise<unknown>): Promise<unknown> => asked.catch((error: unknown) => error)

it('says of an answer that breaks off that it did, whatever was asked for', async () => {
  answer = (response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('{"data": [')
    setTimeout(() => response.destroy(), 20)
  }
  const brokeOff = new ApiError(0, 'The server’s answer broke off.')
  expect(await faultOf(api.sources())).toEqual(brokeOff)
  expect(await faultOf(api.eventBody('evt_1'))).toEqual(brokeOff)
  expect(await faultOf(api.requestBody('req_1'))).toEqual(brokeOff)
  expect(await faultOf(api.requestCurl('req_1'))).toEqual(brokeOff)
})

it('says of an answer that is no JSON that it is not the server’s', async () => {
  answer = (response) => response.end('<h1>Welcome to the Wi-Fi</h1>')
  const fault = await faultOf(api.sources())
  expect(fault).toEqual(new ApiError(0, 'What answers is not Trunkline, or a proxy changed it.'))
})
