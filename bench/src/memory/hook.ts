import type { ResolveHook } from 'node:module'

/** Puts the memory store where the server opens its database. */
export const resolve: ResolveHook = (specifier, context, next) =>
  specifier.endsWith('/open-storage.js')
    ? { url: new URL('./storage.js', import.meta.url).href, shortCircuit: true }
    : next(specifier, context)
