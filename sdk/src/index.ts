export * from './client.ts'
export type * from './shapes.ts'
export * from './verification-error.ts'
export * from './verify.ts'
