/** Sealed values of the server as a whole. */
export interface KeyringStore {
  read(name: string): Promise<string | undefined>
  /** Keeps the value unless there is one of that name already; answers the one that is kept. */
  keep(name: string, sealed: string): Promise<string>
}
