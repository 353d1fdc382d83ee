// @ts-check
// Who may import whom, as data. If a rule hurts, change it here in a commit that says why: the table serves the house.

/**
 * A part of the repository.
 * @typedef {object} Zone
 * @property {string} name what messages call it; `$1` is what the first group of `files` found
 * @property {RegExp} files the paths that belong to it; the first zone that fits a file is its zone
 * @property {readonly string[]} values what it may import anything from, besides itself: names of zones, `*`, or files
 *   and folders below server/src
 * @property {readonly string[]} [types] what it may import types from
 * @property {string} reason
 */

const base = ['base']
const first = ['events', 'jobs', 'access', 'egress']
const nouns = [
  'inbound',
  'outbound',
  'accounts',
  'conversations',
  'knowledge',
  'agents',
  'tools',
  'stream',
  'retention',
  'monitor',
]

/** A folder of the server. @param {string} name @returns {RegExp} */
const folder = (name) => new RegExp(`^server/src/${name}/`)

/** @type {readonly Zone[]} */
export const zones = [
  {
    name: 'tests',
    files: /(^|\/)exercise\/|(^|\/)(exercise[^/]*|[^/]+\.test)\.(ts|tsx|mts|mjs)$/,
    values: ['*'],
    reason: 'a test may import anything',
  },

  // Rank 0
  { name: 'base', files: folder('base'), values: [], reason: 'rank 0: leaves; they import nothing of ours' },

  // Rank 1
  ...first.map((name) => ({
    name,
    files: folder(name),
    values: base,
    reason: 'rank 1: imports base only; the four of this rank do not know each other',
  })),

  // Rank 2, and the plug-ins below it
  {
    name: 'inbound/sources',
    files: /^server\/src\/inbound\/sources\/index\.ts$/,
    values: ['inbound/source.ts', 'inbound/sources/*'],
    reason: 'generated: it lists the sources and does nothing else',
  },
  {
    name: 'inbound/sources/$1',
    files: /^server\/src\/inbound\/sources\/([^/]+)\//,
    values: [
      'inbound/source.ts',
      'inbound/signature',
      'inbound/payload',
      'base/errors.ts',
      'base/json-text.ts',
      'senders',
    ],
    reason:
      'rank 2p: a source is a pure plug-in; it knows the contract and the signatures, no other source and no store',
  },
  {
    name: 'inbound/payload',
    files: /^server\/src\/inbound\/payload\//,
    values: ['inbound/source.ts', 'base/errors.ts', 'base/json-text.ts'],
    reason: 'rank 2p: what several sources read in the same way; as pure as they are',
  },
  ...nouns.map((name) => ({
    name,
    files: folder(name),
    values: [...base, ...first],
    reason: 'rank 2: imports ranks 0 and 1, never a sibling; what two of them share is an event or moves down',
  })),

  // Rank 3 to 5
  {
    name: 'responder',
    files: folder('responder'),
    values: [...base, ...first, ...nouns],
    reason: 'rank 3: imports ranks 0 to 2',
  },
  {
    name: 'api',
    files: folder('api'),
    values: [...base, ...first, ...nouns, 'responder', 'senders'],
    reason: 'rank 4: imports ranks 0 to 3, and senders; it does not know how it is served',
  },
  {
    name: 'http',
    files: folder('http'),
    values: [...base, ...first, ...nouns, 'responder', 'api'],
    reason: 'rank 5: imports ranks 0 to 4, never a database',
  },

  // S: the databases
  ...['sqlite', 'postgres'].map((engine) => ({
    name: `storage/${engine}`,
    files: folder(`storage/${engine}`),
    values: [...base, 'storage'],
    types: [...first, ...nouns],
    reason:
      'storage: values from base only, types from the nouns and their stores; the two engines never see each other',
  })),
  {
    name: 'storage',
    files: folder('storage'),
    values: base,
    types: [...first, ...nouns],
    reason: 'storage: values from base only, types from the nouns and their stores; what is shared knows no engine',
  },

  // Rank 6
  {
    name: 'config.ts',
    files: /^server\/src\/config\.ts$/,
    values: ['base', 'egress', 'access'],
    reason:
      'the settings are read before anything exists; of ours they need only what tells a right value from a wrong one',
  },
  {
    name: 'the start',
    files: /^server\/src\/[^/]+$/,
    values: ['*'],
    reason: 'rank 6: the files that put the server together import everything',
  },

  // The other workspaces
  { name: 'senders', files: /^senders\//, values: [], reason: 'senders are pure and import nothing of ours' },
  {
    name: 'sdk/testing',
    files: /^sdk\/src\/testing(\/|\.ts$)/,
    values: ['sdk', 'senders'],
    reason: 'the testing part of the SDK sends what providers send, and imports nothing else of ours',
  },
  { name: 'sdk', files: /^sdk\//, values: [], reason: 'the SDK has no dependencies, ours included' },
  {
    name: 'cli',
    files: /^cli\//,
    values: ['sdk', 'sdk/testing', 'senders'],
    reason: 'the CLI imports sdk and senders',
  },
  { name: 'dashboard', files: /^dashboard\//, values: ['sdk'], reason: 'the dashboard imports sdk only' },
  {
    name: 'examples',
    files: /^examples\//,
    values: ['sdk', 'sdk/testing'],
    reason: 'examples are what a user would write: sdk only',
  },
  { name: 'server/test', files: /^server\/test\//, values: ['*'], reason: 'a test may import anything' },
  { name: 'scripts', files: /^(scripts|bench)\/|^[^/]+$/, values: ['*'], reason: 'tools may import anything' },
]

/**
 * Zones that only these may import, whatever their own line says.
 * @type {readonly { zone: string, by: readonly string[], reason: string }[]}
 */
export const reserved = [
  {
    zone: 'the start',
    by: ['the start', 'tests', 'server/test', 'scripts'],
    reason: 'rank 6: nothing but tests imports the files that put the server together',
  },
  {
    zone: 'config.ts',
    by: ['the start', 'tests', 'server/test', 'scripts'],
    reason: 'settings are handed over as values, so that a rule can be tested without an environment',
  },
  {
    zone: 'tests',
    by: ['tests', 'server/test', 'scripts'],
    reason: 'what runs for users does not lean on tests',
  },
]

/**
 * Packages (and Node modules) that only some zones may import, types included.
 * @type {readonly { packages: RegExp, by?: readonly string[], notBy?: RegExp, reason: string }[]}
 */
export const packages = [
  {
    packages: /^undici$/,
    by: ['egress'],
    reason: 'egress is the only way out: whoever holds the HTTP client could pass the address guard by',
  },
  {
    packages: /^(fastify|fastify-.+|@fastify\/.+)$/,
    by: ['http', 'api'],
    reason: 'only http and api know the web framework',
  },
  {
    packages: /^(kysely|pg|@photostructure\/sqlite|node:sqlite)$/,
    by: ['storage', 'storage/sqlite', 'storage/postgres'],
    reason: 'only storage knows a database',
  },
  {
    packages: /^node:(fs|net|http|https|http2|tls|dgram|dns|child_process|worker_threads)(\/|$)/,
    notBy: /^inbound\/sources\//,
    reason: 'rank 2p: a source turns bytes into a verdict and events; it reads no file and reaches no network',
  },
]

/**
 * Words that only some files of the server may use.
 * @type {readonly { words: RegExp, shown: string, in: RegExp, except: RegExp, reason: string }[]}
 */
export const words = [
  {
    words: /\bprocess\s*\.\s*env\b/,
    shown: 'process.env',
    in: /^server\/src\//,
    // The other one starts what tests start from the sources; it is in no built server.
    except: /^server\/src\/(config\.ts|boot\.mjs)$/,
    reason: 'settings are read once, in config.ts, and handed over as values',
  },
  ...[
    { shown: 'Date.now()', words: /\bDate\s*\.\s*now\b/ },
    { shown: 'new Date()', words: /\bnew\s+Date\b(?!\s*\(\s*[^\s)])/ },
    { shown: 'Math.random', words: /\bMath\s*\.\s*random\b/ },
  ].map((each) => ({
    ...each,
    in: /^server\/src\//,
    except: /^server\/src\/base\/clock\.ts$/,
    reason: 'time and chance are passed in, so that every rule can be tested without waiting',
  })),
]
