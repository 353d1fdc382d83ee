/** Who PostgreSQL runs as: it refuses to run as root, so root lends it the user that owns nothing. */
export declare const user:
  | {
      uid: number
      gid: number
    }
  | undefined
/** The folder of `initdb` and `postgres`: that of TRUNKLINE_TEST_POSTGRES_BIN, or the one that npm installed. */
export declare function binaryFolder(workFolder: string): string
/** Where a server may keep its files: below a folder that its user can reach. */
export declare function temporaryRoot(): string
/** Gives a folder to the user that PostgreSQL runs as. */
export declare function handOver(folder: string): void
