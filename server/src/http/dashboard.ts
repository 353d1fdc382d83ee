import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import type { Route } from './serve.ts'

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/**
 * The page shows what strangers have sent. It runs only its own files, puts no text in as HTML (the browser refuses to),
 * talks to this server alone and cannot be framed.
 */
const headers = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Asked for anew each time and answered with 304: a new server never meets the scripts of an old one.
  'cache-control': 'no-cache',
}

interface File {
  contentType: string
  bytes: Buffer
  etag: string
}

/**
 * Answers `/` and the files below `/dashboard/`: `public` and the compiled `dist` of the dashboard's folder. They are read
 * once, here, so that no path from outside ever reaches the disk.
 */
export function createDashboard(folder: string): Route {
  const files = new Map([...filesIn(join(folder, 'public')), ...filesIn(join(folder, 'dist'))])
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false
    const [path = ''] = (request.url ?? '').split('?')
    if (path === '/' && !files.has('main.js')) return sayUnbuilt(response)
    const file = path === '/' ? files.get('index.html') : files.get(nameIn(path))
    if (!file) return false
    send(file, request, response)
    return true
  }
}

const nameIn = (path: string): string => (path.startsWith('/dashboard/') ? path.slice('/dashboard/'.length) : '')

function send({ bytes, contentType, etag }: File, request: IncomingMessage, response: ServerResponse): void {
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { ...headers, etag }).end()
    return
  }
  response.writeHead(200, { ...headers, etag, 'content-type': contentType, 'content-length': bytes.length })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

function sayUnbuilt(response: ServerResponse): true {
  response
    .writeHead(404, { ...headers, 'content-type': 'text/plain; charset=utf-8' })
    .end('The dashboard has not been built here: `npm run build` does it. The API is at /api/v1.\n')
  return true
}

/** Every file below a folder that a browser is meant to have, by its path with `/`. None when there is no folder. */
function filesIn(folder: string): [string, File][] {
  if (!existsSync(folder)) return []
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return found.flatMap((path): [string, File][] => {
    const contentType = contentTypes[extname(path)]
    if (contentType === undefined) return []
    const bytes = readFileSync(join(folder, path))
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    return [[path.replaceAll(sep, '/'), { contentType, bytes, etag }]]
  })
}
