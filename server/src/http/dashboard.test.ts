import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDashboard } from './dashboard.ts'
import { createHttpServer, listen, stopServing } from './serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'trunkline-dashboard-'))
const page = join(import.meta.dirname, '../../../dashboard/public/index.html')
let server: Server
let port: number

beforeAll(async () => {
  mkdirSync(join(folder, 'public'))
  mkdirSync(join(folder, 'dist/parts'), { recursive: true })
  writeFileSync(join(folder, 'public/index.html'), readFileSync(page))
  writeFileSync(join(folder, 'public/style.css'), ':root {}')
  writeFileSync(join(folder, 'dist/main.js'), 'export {}')
  writeFileSync(join(folder, 'dist/main.d.ts'), 'export {}')
  writeFileSync(join(folder, 'dist/parts/time.js'), 'export {}')
  writeFileSync(join(folder, 'package.json'), '{}')
  server = createHttpServer([createDashboard(folder)])
  port = await listen(server, 0, '127.0.0.1')
})

afterAll(async () => {
  await stopServing(server)
  rmSync(folder, { recursive: true, force: true })
})

/** Paths are sent as they are: fetch would tidy them up. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, method, headers }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    sent.on('error', reject).end()
  })
}

describe('the dashboard', () => {
  it('answers the page and its files with headers that keep everything else out', async () => {
    for (const [path, type] of [
      ['/', 'text/html; charset=utf-8'],
      ['/?utm=1', 'text/html; charset=utf-8'],
      ['/dashboard/style.css', 'text/css; charset=utf-8'],
      ['/dashboard/main.js', 'text/javascript; charset=utf-8'],
      ['/dashboard/parts/time.js', 'text/javascript; charset=utf-8'],
    ] as const) {
      const { status, headers } = await get(path)
      expect({ path, status, type: headers['content-type'] }).toEqual({ path, status: 200, type })
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
      expect(headers['content-security-policy']).toContain("default-src 'self'")
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
      expect(headers['content-security-policy']).not.toContain('unsafe')
    }
  })

  it('has no script, style or listener in the page itself, which the policy would refuse', async () => {
    const { body } = await get('/')
    expect(body).toContain('<script type="module" src="dashboard/main.js"></script>')
    expect(body).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/)
  })

  it('reaches no file but its own', async () => {
    for (const path of [
      '/dashboard/',
      '/dashboard/../package.json',
      '/dashboard/..%2fpackage.json',
      '/dashboard/main.d.ts',
      '/dashboard/constructor',
      '/main.js',
      '//',
    ]) {
      expect({ path, status: (await get(path)).status }).toEqual({ path, status: 404 })
    }
    expect((await get('/', {}, 'POST')).status).toBe(404)
  })

  it('answers 304 to a browser that has the file, and no body to HEAD', async () => {
    const { headers } = await get('/dashboard/main.js')
    const again = await get('/dashboard/main.js', { 'if-none-match': String(headers.etag) })
    expect({ status: again.status, body: again.body }).toEqual({ status: 304, body: '' })
    const head = await get('/', {}, 'HEAD')
    expect({ status: head.status, body: head.body }).toEqual({ status: 200, body: '' })
  })

  it('says so when it has not been built', async () => {
    const unbuilt = createHttpServer([createDashboard(join(folder, 'nowhere'))])
    const unbuiltPort = await listen(unbuilt, 0, '127.0.0.1')
    const response = await fetch(`http://127.0.0.1:${unbuiltPort}/`)
    expect(response.status).toBe(404)
    expect(await response.text()).toContain('npm run build')
    await stopServing(unbuilt)
  })
})
