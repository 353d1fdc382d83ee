import { statfs } from 'node:fs/promises'

/** How much of the disk under a folder is free, in bytes; null when it cannot be told. */
export async function freeDiskBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch {
    return null
  }
}
