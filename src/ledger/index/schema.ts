/**
 * The tables of the runs index, for this program and for everybody with `sqlite3`: names are words, ids are texts, times
 * are milliseconds since the epoch, money is micro-dollars. Keys are integers, because a key of chance costs five times as
 * much to write. What is in them can be thrown away: the ledger has it.
 */

/** Of the tables. An index of another version is thrown away and built anew. */
export const indexSchema = 2

/** One column a line, in the order of the table. */
export const hopColumns = [
  'n INTEGER PRIMARY KEY',
  'seq INTEGER NOT NULL',
  'id TEXT NOT NULL',
  'run_n INTEGER',
  'parent TEXT',
  'origin TEXT',
  'agent TEXT',
  'person TEXT',
  'target TEXT NOT NULL',
  'method TEXT NOT NULL',
  'dialect TEXT',
  'depth INTEGER NOT NULL',
  'at INTEGER NOT NULL',
  'decision TEXT NOT NULL',
  'status TEXT NOT NULL',
  'code TEXT',
  'rule TEXT',
  'policies TEXT NOT NULL',
  'pol_hash TEXT',
  'shadow TEXT NOT NULL',
  'fault TEXT',
  'detail TEXT',
  'laps INTEGER NOT NULL',
  'tokens INTEGER NOT NULL',
  'cost_micros INTEGER NOT NULL',
  'unpriced INTEGER NOT NULL',
  'ms REAL NOT NULL',
  'upstream_ms REAL NOT NULL',
  'held_micros INTEGER NOT NULL',
  // 1 once its record is in the ledger: 0 while it is under way, and for ever where the process died.
  'settled INTEGER NOT NULL',
  'model TEXT',
  // provider, delivered or reserved; null for what no model billed.
  'source TEXT',
  'input_tokens INTEGER',
  'cached_tokens INTEGER',
  'cache_write_tokens INTEGER',
  'cache_write_1h_tokens INTEGER',
  'output_tokens INTEGER',
  'reasoning_tokens INTEGER',
  // Hops with the same number have the same words in all columns of `wordNames`; the converse need not hold.
  'manner INTEGER NOT NULL',
] as const

/** What many hops of a run have in common, so that a long run can be read with each of its words once. */
export const wordNames = [
  'origin',
  'agent',
  'person',
  'target',
  'method',
  'dialect',
  'decision',
  'status',
  'code',
  'rule',
  'policies',
  'pol_hash',
  'shadow',
  'fault',
  'detail',
] as const

const runColumns = [
  'n INTEGER PRIMARY KEY',
  'id TEXT NOT NULL UNIQUE',
  'state TEXT NOT NULL',
  'root TEXT NOT NULL',
  'person TEXT',
  'started_at INTEGER NOT NULL',
  'last_at INTEGER NOT NULL',
  // 0 where the beginning of the run is no longer in the ledger.
  'ends_at INTEGER NOT NULL',
  'calls INTEGER NOT NULL',
  'refused INTEGER NOT NULL',
  'open INTEGER NOT NULL',
  'depth_max INTEGER NOT NULL',
  'laps INTEGER NOT NULL',
  'tokens INTEGER NOT NULL',
  'cost_micros INTEGER NOT NULL',
  'unpriced INTEGER NOT NULL',
  'held_micros INTEGER NOT NULL',
  'halt_code TEXT',
  'halt_reason TEXT',
  'halt_actor TEXT',
  'halt_at INTEGER',
  'seq_first INTEGER NOT NULL',
  'seq_last INTEGER NOT NULL',
  // Hops of it that retention took out of the table below.
  'hops_dropped INTEGER NOT NULL DEFAULT 0',
]

/** `''` stands for nobody, because a key of SQLite cannot hold a null. */
const spendColumns = [
  'hour INTEGER NOT NULL',
  'agent TEXT NOT NULL',
  'person TEXT NOT NULL',
  'target TEXT NOT NULL',
  'model TEXT NOT NULL',
  'calls INTEGER NOT NULL',
  'tokens INTEGER NOT NULL',
  'cost_micros INTEGER NOT NULL',
  'unpriced INTEGER NOT NULL',
  'delivered INTEGER NOT NULL',
  'reserved INTEGER NOT NULL',
  'input_tokens INTEGER NOT NULL',
  'cached_tokens INTEGER NOT NULL',
  'cache_write_tokens INTEGER NOT NULL',
  'cache_write_1h_tokens INTEGER NOT NULL',
  'output_tokens INTEGER NOT NULL',
  'reasoning_tokens INTEGER NOT NULL',
  'PRIMARY KEY (hour, agent, person, target, model)',
]

const edgeColumns = [
  'run_n INTEGER NOT NULL',
  'from_agent TEXT NOT NULL',
  'to_target TEXT NOT NULL',
  'calls INTEGER NOT NULL',
  'refused INTEGER NOT NULL',
  'tokens INTEGER NOT NULL',
  'cost_micros INTEGER NOT NULL',
  'depth_min INTEGER NOT NULL',
  'depth_max INTEGER NOT NULL',
  'first_at INTEGER NOT NULL',
  'last_at INTEGER NOT NULL',
  'PRIMARY KEY (run_n, from_agent, to_target)',
]

const time = (column: string): string => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`

export const schemaText = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE runs (${runColumns.join(', ')}) STRICT;
CREATE INDEX runs_active ON runs (ends_at) WHERE state = 'active';
CREATE TABLE hops (${hopColumns.join(', ')}) STRICT;
CREATE INDEX hops_id ON hops (id);
CREATE INDEX hops_run ON hops (run_n) WHERE run_n IS NOT NULL;
CREATE INDEX hops_at ON hops (at);
CREATE INDEX hops_code ON hops (code) WHERE code IS NOT NULL;
CREATE INDEX hops_unsettled ON hops (at) WHERE settled = 0;
CREATE TABLE edges (${edgeColumns.join(', ')}) STRICT, WITHOUT ROWID;
CREATE TABLE spend (${spendColumns.join(', ')}) STRICT, WITHOUT ROWID;
CREATE VIEW run_summary AS
  SELECT id, state, root, person, ${time('started_at')} AS started, ${time('last_at')} AS last,
    (last_at - started_at) / 1000.0 AS seconds, calls, refused, open, depth_max, laps, tokens,
    cost_micros / 1000000.0 AS dollars, unpriced, held_micros / 1000000.0 AS held_dollars, halt_code, halt_reason
  FROM runs;
CREATE VIEW hop_list AS
  SELECT h.seq, h.id, r.id AS run, h.parent, h.agent, h.person, h.target, h.method, h.depth, ${time('h.at')} AS at,
    h.decision, h.status, h.code, h.rule, h.tokens, h.cost_micros / 1000000.0 AS dollars, h.ms, h.laps
  FROM hops h LEFT JOIN runs r ON r.n = h.run_n;
CREATE VIEW edge_cost AS
  SELECT r.id AS run, e.from_agent, e.to_target, e.calls, e.refused, e.tokens, e.cost_micros / 1000000.0 AS dollars,
    e.depth_min, e.depth_max, ${time('e.first_at')} AS first, ${time('e.last_at')} AS last
  FROM edges e JOIN runs r ON r.n = e.run_n;
`

/** Columns of a run that its entries say, in the order in which they are written. */
export const runNames = [
  'id',
  'state',
  'root',
  'person',
  'started_at',
  'last_at',
  'ends_at',
  'calls',
  'refused',
  'open',
  'depth_max',
  'laps',
  'tokens',
  'cost_micros',
  'unpriced',
  'held_micros',
  'halt_code',
  'halt_reason',
  'halt_actor',
  'halt_at',
  'seq_first',
  'seq_last',
] as const
