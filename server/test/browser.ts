import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Where a system keeps the browser; asked before the one that comes with the packages. */
const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** A real browser without a window, or the reason why there is none. */
export async function openBrowser(): Promise<Browser | string> {
  try {
    const found = installed.find((path) => existsSync(path))
    return await open(found ?? (await packaged()))
  } catch (error) {
    return `no browser can be started here: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`
  }
}

/** Unpacks it into the temporary folder. Its own arguments are left out: they would switch off what a browser protects. */
async function packaged(): Promise<string> {
  const { default: packed } = await import('@sparticuz/chromium')
  return packed.executablePath()
}

// Tests run as root too, for whom Chromium has no sandbox.
const open = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })
