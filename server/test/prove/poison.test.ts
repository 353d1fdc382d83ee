import { expect, it } from 'vitest'
import { postgres } from '../engines.ts'
import { eventually } from '../eventually.ts'
import { underLoad } from '../round.ts'

/** Of every this many places in the log one cannot be fanned out. */
const oneOf = 50

it('events that a follower fails on for ever hold back no other', async () => {
  const round = { name: 'poison', engine: postgres, members: [{}, {}], endpoints: 2 }
  await underLoad(round, async ({ fleet: { place }, load }) => {
    await place.rows(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN IF NEW.event_seq % ${oneOf} = 0 THEN RAISE EXCEPTION 'poison'; END IF; RETURN NEW; END $$`,
    )
    await place.rows('CREATE TRIGGER refuse BEFORE INSERT ON deliveries FOR EACH ROW EXECUTE FUNCTION refuse()')
    const moment = load.acknowledged() + 1_000
    await eventually(`event ${moment}`, () => load.acknowledged() >= moment, { withinMs: 120_000 })
    // From here on the load only ends: what it still posts finds a table that refuses nothing.
    const [last] = await place.rows('SELECT max(seq) AS seq FROM events')
    await eventually('a follower that has come as far', async () => {
      const [row] = await place.rows('SELECT max(event_seq) AS seq FROM deliveries')
      return Number(row?.seq) >= Number(last?.seq) - 1
    })
    const beside = await place.rows("SELECT seq, state, error FROM parked WHERE state = 'retrying'")
    expect(beside.length).toBeGreaterThan(1_000 / oneOf / 2)
    for (const { seq, error } of beside) {
      expect([Number(seq) % oneOf, String(error).includes('poison')]).toEqual([0, true])
    }
    await place.rows('DROP TRIGGER refuse ON deliveries')
    // The longest pause that one of them can have reached by now is five minutes.
    await eventually('every one handled', async () => (await place.rows('SELECT seq FROM parked')).length === 0, {
      withinMs: 330_000,
    })
    return `the fan-out of every ${oneOf}th event failed for as long as 1,000 events took; ${beside.length} of them failed, the others went on, and all were delivered once they could be`
  })
}, 600_000)
