// @ts-check
// Loaded before a server (`--import`): whatever reads a member of an object that has one named `explode` fails, and says
// the whole object. So a parser fails on a payload, and quotes it.
const hasOwn = Object.hasOwn
Object.hasOwn = (value, name) => {
  if (value !== null && typeof value === 'object' && hasOwn(value, 'explode')) {
    throw new RangeError(`cannot read ${JSON.stringify(value)} of ${/** @type {any} */ (value).explode}`)
  }
  return hasOwn(value, name)
}
