import { systemClock } from './base/clock.ts'
import { openJournal } from './base/journal.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { openMonitor } from './monitor/open-monitor.ts'
import { version } from './version.ts'
import { type Running, start } from './wire.ts'

/** What is under way when the server is told to stop may take this long. */
const drainMs = 20_000

/** How long a process that dies may take to tell the error monitor. */
const lastWordsMs = 1000

async function main(): Promise<void> {
  if (process.argv.includes('--version')) return console.log(version)
  // What it writes holds what strangers sent: it is nobody else's on this machine, whosever folder it stands in.
  process.umask(0o077)
  // A disk that the log fills is no reason to end.
  process.stdout.on('error', () => {})
  const config = readConfig()
  const log = openJournal({ level: config.logLevel, format: config.logFormat })
  const monitor = openMonitor(config.monitor, {
    clock: systemClock,
    release: version,
    environment: config.monitor.environment,
  })
  const journal = monitor?.watch(log) ?? log
  let isDying = false
  const die = (error: Error) => {
    journal.error('fatal', { error })
    log.flush()
    if (monitor === undefined || isDying) process.exit(1)
    // Its last words; nothing that happens meanwhile keeps it alive for longer.
    isDying = true
    void monitor.close(lastWordsMs).finally(() => process.exit(1))
  }
  process.on('uncaughtException', die)
  const stopping = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal))
  })
  const running = await start(config, { journal, onFatal: die, isTerminal: process.stdout.isTTY === true, monitor })
  greet(config, running)
  const signal = await stopping
  journal.info('stopping', { signal })
  if (config.drainMs > 0) await retreat(running, config.drainMs)
  const timer = setTimeout(
    () =>
      die(
        new Error(
          `what was under way did not finish within ${drainMs / 1000} s; it will be done again after the next start`,
        ),
      ),
    drainMs,
  )
  await running.stop()
  clearTimeout(timer)
  await monitor?.close()
  journal.info('stopped')
  log.flush()
  process.exit(0)
}

/** Gives balancers the time to notice that this process is going. Told again to stop, it waits no longer. */
function retreat(running: Running, ms: number): Promise<void> {
  running.retreat()
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
}

/** What the person who started it wants to know. */
function greet(config: Config, running: Running): void {
  const say = (line: string) => process.stdout.write(`${line}\n`)
  say(
    `Trunkline ${version} listens on http://${config.host}:${running.port} (${running.engine === 'sqlite' ? `SQLite in ${config.dataFolder}` : 'PostgreSQL'})`,
  )
  if (config.admin) say(`The page, the API and the metrics are on http://${config.admin.host}:${running.adminPort}`)
  if (running.secretKeyFile)
    say(`Secrets are sealed with a new key in ${running.secretKeyFile}: keep a copy of it apart from the database.`)
  if (running.firstKeyFile) say(`The first API key is in ${running.firstKeyFile}`)
  else if (running.firstKey) say(`The first API key, shown this once: ${running.firstKey}`)
}

main().catch((error: unknown) => {
  // A wrong setting or a refused start is the operator's to mend: the message says how, a stack would only hide it.
  const isExpected = error instanceof ConfigError || (error instanceof Error && error.constructor === Error)
  process.stderr.write(`${isExpected ? (error as Error).message : String((error as Error)?.stack ?? error)}\n`)
  process.exit(1)
})
