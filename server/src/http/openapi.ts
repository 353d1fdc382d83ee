/** The frame of the OpenAPI document; its paths come from the operations. */
export function openApiDocument() {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Trunkline',
      version: '1',
      description: 'A self-hosted, two-way webhook server. Errors are `application/problem+json` with a stable `code`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    components: {
      securitySchemes: { key: { type: 'http' as const, scheme: 'bearer', description: 'An API key: `osk_…`' } },
    },
  }
}
