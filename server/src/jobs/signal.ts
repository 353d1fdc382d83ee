/** What one process tells the others at once. All of it is found out by looking as well, only later. */
export interface Signal {
  /** The log has new events. */
  events?: boolean
  /** These lanes have new work. */
  lanes?: readonly string[]
  /** These endpoints were changed: what is about to be sent to them must be looked at again. */
  endpoints?: readonly string[]
  /** A process has come or is about to go. */
  processes?: boolean
}

/** How processes that share a database reach each other. */
export interface Signals {
  /** Tells every other process. Never fails: what was not told is found by looking. */
  send(signal: Signal): void
  /** Hears what the others tell. One listener. */
  listen(hear: (signal: Signal) => void): void
}
