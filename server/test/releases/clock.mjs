// Loaded into a server before anything else: its time of day is another one, so that data of a release is as old to it as
// it was to that release. Where it takes the time from its database, that one is told too: see clock.ts.
const offsetMs = Number(process.env.TRUNKLINE_TEST_CLOCK_OFFSET_MS)
const Real = Date

globalThis.Date = class extends Real {
  /** @param {ConstructorParameters<typeof Date>} given */
  constructor(...given) {
    if (given.length === 0) super(Real.now() + offsetMs)
    else super(...given)
  }

  static now() {
    return Real.now() + offsetMs
  }
}
