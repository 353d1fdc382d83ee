import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of a few megabytes, which can be filled and emptied. */
export interface SmallDisk {
  /** Where this process finds it. */
  folder: string
  /** Takes this many bytes; without a number, all that are left. */
  fill(bytes?: number): void
  /** Gives back what was taken. */
  empty(): void
  /** Takes the file system away. */
  remove(): void
}

/** Whether this process may mount for everybody to see. */
export const isRoot = process.getuid?.() === 0

/** Why no file system can be mounted here, or undefined. */
export const noMounts: string | undefined = tryMount()

/** Mounts a file system of this size. Needs root. */
export function mountSmallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder])
  process.once('exit', remove)
  function remove(): void {
    process.off('exit', remove)
    // Lazily: a server that is just ending may still have its files open.
    if (existsSync(folder)) execFileSync('umount', ['--lazy', folder])
    rmSync(folder, { recursive: true, force: true })
  }
  return { folder, ...ballast(() => folder), remove }
}

/**
 * For a user who is not root: a server that is launched with these words in front of its own mounts the file system
 * itself, where only it can see it. From outside it is found through the process.
 */
export function smallDiskOfProcess(megabytes: number): {
  launcher: string[]
  folder: string
  seenFrom(pid: number): SmallDisk
} {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-disk-'))
  const script = `mount -t tmpfs -o size=${megabytes}m tmpfs "$0" && exec "$@"`
  return {
    folder,
    launcher: ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', script, folder],
    seenFrom: (pid) => {
      const seen = `/proc/${pid}/root${folder}`
      return { folder: seen, ...ballast(() => seen), remove: () => rmSync(folder, { recursive: true, force: true }) }
    },
  }
}

function ballast(folder: () => string): Pick<SmallDisk, 'fill' | 'empty'> {
  const block = Buffer.alloc(64 * 1024, 1)
  let files = 0
  return {
    fill(bytes = Number.POSITIVE_INFINITY) {
      const file = openSync(join(folder(), `ballast-${files++}`), 'w')
      try {
        // The last bytes one by one block of the file system: not even a small write must fit.
        for (let written = 0; written < bytes; ) written += writeSync(file, block)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
    },
    empty() {
      for (; files > 0; files--) rmSync(join(folder(), `ballast-${files - 1}`))
    },
  }
}

function tryMount(): string | undefined {
  if (process.platform !== 'linux') return 'file systems of a few megabytes are made on Linux only'
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-disk-'))
  try {
    const mount = ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]
    const [program = '', ...args] = isRoot
      ? ['mount', ...mount]
      : ['unshare', '--user', '--map-root-user', '--mount', 'mount', ...mount]
    execFileSync(program, args, { stdio: 'pipe' })
    if (isRoot) execFileSync('umount', [folder])
    return undefined
  } catch (error) {
    return `nothing can be mounted here: ${(error as Error).message.trim()}`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
