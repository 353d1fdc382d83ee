import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { Problem } from '../base/errors.ts'

/** Makes and reads the cursors of lists. A cursor belongs to one list, one workspace and one set of filters. */
export interface Cursors {
  make(list: CursorScope, position: string): string
  /** The position in it. Throws INVALID_CURSOR for a cursor of another list, workspace or filter, and for anything made up. */
  read(list: CursorScope, cursor: string): string
}

export interface CursorScope {
  list: string
  workspaceId: string
  /** The filters, without cursor and limit. */
  filter: unknown
}

const signatureBytes = 12

/** Cursors signed with a secret of this server: position and signature, bound to the list they came from. */
export function createCursors(secret: Buffer): Cursors {
  const signature = (scope: CursorScope, position: string) =>
    createHmac('sha256', secret)
      .update(JSON.stringify([scope.list, scope.workspaceId, fingerprint(scope.filter), position]))
      .digest()
      .subarray(0, signatureBytes)
  return {
    make: (scope, position) => Buffer.concat([signature(scope, position), Buffer.from(position)]).toString('base64url'),
    read(scope, cursor) {
      const bytes = Buffer.from(cursor, 'base64url')
      const position = bytes.subarray(signatureBytes).toString()
      if (
        bytes.length <= signatureBytes ||
        !timingSafeEqual(bytes.subarray(0, signatureBytes), signature(scope, position))
      ) {
        throw new Problem('INVALID_CURSOR', `the cursor is not one of the list "${scope.list}" with these filters`)
      }
      return position
    },
  }
}

/** The filters, whatever the order in which they were written. */
function fingerprint(filter: unknown): string {
  const entries = Object.entries((filter ?? {}) as Record<string, unknown>).filter(([, value]) => value !== undefined)
  return createHash('sha256')
    .update(JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1))))
    .digest('base64')
}
