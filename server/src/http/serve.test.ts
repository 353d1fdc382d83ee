import { once } from 'node:events'
import { request as httpRequest, type Server } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createHttpServer, listen, type Route, stopServing } from './serve.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function open(...routes: Route[]): Promise<{ server: Server; port: number; url: string }> {
  const server = createHttpServer(routes)
  servers.push(server)
  const port = await listen(server, 0, '127.0.0.1')
  return { server, port, url: `http://127.0.0.1:${port}` }
}

const taking =
  (path: string, answer: string): Route =>
  (request, response) => {
    if (request.url !== path) return false
    response.end(answer)
    return true
  }

describe('a request', () => {
  it('goes to the first route that takes it', async () => {
    const { url } = await open(taking('/a', 'first'), taking('/a', 'second'), taking('/b', 'third'))
    expect(await (await fetch(`${url}/a`)).text()).toBe('first')
    expect(await (await fetch(`${url}/b`)).text()).toBe('third')
  })

  it('that nobody takes is not found', async () => {
    const { url } = await open(taking('/a', 'first'))
    const answer = await fetch(`${url}/c`)
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({ code: 'NOT_FOUND', status: 404 })
  })

  it('with more headers than anybody needs is refused', async () => {
    const { url } = await open(taking('/a', 'first'))
    expect((await fetch(`${url}/a`, { headers: { 'x-large': 'x'.repeat(60_000) } })).status).toBe(200)
    expect((await fetch(`${url}/a`, { headers: { 'x-large': 'x'.repeat(70_000) } })).status).toBe(431)
  })
})

describe('listening', () => {
  it('on a port that is taken says so, and what to set', async () => {
    const { port } = await open()
    const second = createHttpServer([])
    await expect(listen(second, port, '127.0.0.1')).rejects.toThrow(
      `PORT ${port} on 127.0.0.1 cannot be opened: another program listens there. Set PORT or HOST to something else.`,
    )
  })

  it('on an address that is not here says so', async () => {
    await expect(listen(createHttpServer([]), 0, '203.0.113.1')).rejects.toThrow(
      /^PORT 0 on 203\.0\.113\.1 cannot be opened: .*EADDRNOTAVAIL/,
    )
  })
})

describe('stopping', () => {
  it('lets a request that is under way finish, and takes no other', async () => {
    let finish = () => {}
    const { server, port, url } = await open((_, response) => {
      finish = () => response.end('done')
      return true
    })
    const under = fetch(url)
    await once(server, 'request')
    let isStopped = false
    const stopping = stopServing(server).then(() => {
      isStopped = true
    })
    await expect(fetch(`http://127.0.0.1:${port}/late`)).rejects.toThrow()
    expect(isStopped).toBe(false)
    finish()
    expect(await (await under).text()).toBe('done')
    await stopping
  })

  it('does not wait for connections that say nothing', async () => {
    const { server, port } = await open(taking('/a', 'first'))
    const kept = httpRequest({ port, path: '/a', agent: false, headers: { connection: 'keep-alive' } }).end()
    const [answer] = await once(kept, 'response')
    answer.resume()
    await once(answer, 'end')
    const begun = performance.now()
    await stopServing(server)
    expect(performance.now() - begun).toBeLessThan(2000)
  })

  it('of a server that serves nobody is done at once', async () => {
    const { server } = await open()
    await stopServing(server)
  })
})

it('what is no HTTP does not disturb the others', async () => {
  const { port, url } = await open(taking('/a', 'first'))
  const socket = connect(port, '127.0.0.1')
  socket.write('\x16\x03\x01\x02\x00\x01\x00')
  const [bytes] = await once(socket, 'data')
  expect(String(bytes)).toMatch(/^HTTP\/1\.1 400 /)
  expect(await (await fetch(`${url}/a`)).text()).toBe('first')
})
