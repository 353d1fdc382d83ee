import { writeFileSync } from 'node:fs'
import { it } from 'vitest'
import { openTestApi } from './exercise-api.ts'
it('t', async () => {
  await using api = await openTestApi()
  writeFileSync('/tmp/openapi.json', JSON.stringify((await api.call('GET', '/openapi.json', undefined)).json, null, 1))
})
