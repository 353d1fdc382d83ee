// Posts what GitHub posts, signed by GitHub's own package: `node send-github.mjs github.json`.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { sign } from '@octokit/webhooks-methods'

const { url, secret } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const body = '{"ref":"refs/heads/main","repository":{"full_name":"acme/orchard"},"after":"9007199254740993"}'
const response = await fetch(url, {
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': await sign(secret, body),
  },
  body,
})
console.log(response.status, await response.text())
