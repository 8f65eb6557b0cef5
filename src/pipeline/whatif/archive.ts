/**
 * The policies that were ever in force, by their hash, and what they were told: a decision can be made again exactly for as
 * long as its record is kept.
 *
 *     policies/<policy hash>/schema.cedarschema, *.cedar     the files as they were read
 *     policies/facts-<hash>.json                             what policies could know of agents, tools and models
 *     policies/use-<milliseconds>-<8 digits>.json            since when which of them was in force with which configuration
 *
 * Everything is written once under a name of its own and moved into place, so that a crash leaves nothing half written.
 */
import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Millis } from '../../base/clock.ts'
import { isJsonObject, readJsonObject } from '../../base/json.ts'
import { readSegment } from '../../ledger/read.ts'
import { isSegmentName } from '../../ledger/segment.ts'
import { loadPolicies } from '../../policy/load.ts'
import { isSource, type PolicySource } from '../../policy/source.ts'
import { factsHash, type StandingFacts } from './facts.ts'

/** Policies in force from a moment on, until the next of them. */
export interface PolicyUse {
  readonly schema: 'weir.policy-use/v1'
  readonly at: Millis
  readonly pol_hash: string
  readonly cfg_hash: string
  readonly facts: string
  /** The folder they were read from. */
  readonly dir: string
}

/** What is taken into use. */
export interface InForce {
  readonly source: PolicySource
  readonly facts: StandingFacts
  readonly cfg_hash: string
  readonly dir: string
  readonly at: Millis
}

/** Reloads that are remembered; past that the oldest goes, whatever rests on it. */
const uses_max = 4096
const useForm = /^use-\d{13}-[0-9a-f]{8}\.json$/
const factsForm = /^facts-([0-9a-f]{64})\.json$/
const hashForm = /^[0-9a-f]{64}$/
/** Enough for the header of a segment and its first entry. */
const front_bytes = 524_288

function archiveDir(stateDir: string): string {
  return join(stateDir, 'policies')
}

/** Keeps what is taken into use and drops what no record refers to any more; a sentence where the disk refuses. */
export async function keepPolicies(stateDir: string, inForce: InForce): Promise<string | null> {
  const dir = archiveDir(stateDir)
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const { source, cfg_hash, at } = inForce
    const facts = factsHash(inForce.facts)
    await keepSource(dir, source)
    await keepFile(dir, `facts-${facts}.json`, `${JSON.stringify(inForce.facts)}\n`)
    const uses = await listUses(stateDir)
    const use: PolicyUse = {
      schema: 'weir.policy-use/v1',
      at,
      pol_hash: source.hash,
      cfg_hash,
      facts,
      dir: inForce.dir,
    }
    const last = uses.at(-1)
    const isNew = !last || last.pol_hash !== use.pol_hash || last.cfg_hash !== cfg_hash || last.facts !== facts
    if (isNew) await keepFile(dir, useName(use), `${JSON.stringify(use)}\n`)
    await prune(stateDir, isNew ? [...uses, use] : uses)
    return null
  } catch (error) {
    return `the policies in force cannot be kept in ${dir}: ${error instanceof Error ? error.message : String(error)}`
  }
}

async function keepSource(dir: string, { schema, files, hash }: PolicySource): Promise<void> {
  const place = join(dir, hash)
  if (await exists(place)) return
  const making = `${place}.new`
  await rm(making, { recursive: true, force: true })
  await mkdir(making, { mode: 0o700 })
  for (const { name, text } of [schema, ...files]) await writeFile(join(making, name), text, { mode: 0o600 })
  await rename(making, place)
}

async function keepFile(dir: string, name: string, text: string): Promise<void> {
  const place = join(dir, name)
  if (await exists(place)) return
  await writeFile(`${place}.new`, text, { mode: 0o600 })
  await rename(`${place}.new`, place)
}

/** Every use that is remembered, oldest first. */
export async function listUses(stateDir: string): Promise<readonly PolicyUse[]> {
  const dir = archiveDir(stateDir)
  const uses: PolicyUse[] = []
  for (const name of (await namesIn(dir)).filter((each) => useForm.test(each)).toSorted()) {
    const use = readJsonObject(await readFile(join(dir, name), 'utf8'))
    if (use?.['schema'] === 'weir.policy-use/v1') uses.push(use as unknown as PolicyUse)
  }
  return uses
}

/** A use counts for records from its moment to that of the next; those before the oldest record count for none. */
async function prune(stateDir: string, uses: readonly PolicyUse[]): Promise<void> {
  const dir = archiveDir(stateDir)
  const oldest = await oldestRecord(join(stateDir, 'ledger'))
  const counting = uses.filter((_, at) => (uses[at + 1]?.at ?? Number.POSITIVE_INFINITY) >= (oldest ?? 0))
  const kept = counting.slice(-uses_max)
  const wanted = new Set(kept.flatMap((use) => [useName(use), use.pol_hash, `facts-${use.facts}.json`]))
  const ours = (name: string): boolean => useForm.test(name) || hashForm.test(name) || factsForm.test(name)
  const gone = (await namesIn(dir)).filter((name) => ours(name) && !wanted.has(name))
  await Promise.all(gone.map((name) => rm(join(dir, name), { recursive: true, force: true })))
}

/** When the oldest entry was written that the ledger still has; null where it has none. */
async function oldestRecord(ledger: string): Promise<Millis | null> {
  const [first] = (await namesIn(ledger)).filter(isSegmentName).toSorted()
  if (first === undefined) return null
  await using file = await open(join(ledger, first))
  const { buffer, bytesRead } = await file.read(Buffer.alloc(front_bytes), 0, front_bytes, 0)
  for (const item of readSegment(first, buffer.subarray(0, bytesRead)))
    return item.kind === 'entry' ? item.entry.ts : null
  return null
}

/** The use a record of that moment falls under, else one of the same policies; null where they were not kept. */
export function useFor(
  uses: readonly PolicyUse[],
  record: { readonly ts: Millis; readonly pol_hash: string | null; readonly cfg_hash: string },
): { readonly use: PolicyUse; readonly exact: boolean } | null {
  const ofPolicy = uses.filter(({ pol_hash }) => pol_hash === record.pol_hash)
  const ofBoth = ofPolicy.filter(({ cfg_hash }) => cfg_hash === record.cfg_hash)
  const exact = ofBoth.findLast(({ at }) => at <= record.ts) ?? ofBoth[0]
  if (exact) return { use: exact, exact: true }
  const near = ofPolicy.findLast(({ at }) => at <= record.ts) ?? ofPolicy[0]
  return near ? { use: near, exact: false } : null
}

/** The files and facts of a use as they were; a sentence where they are gone or not what their names say. */
export async function openUse(
  stateDir: string,
  use: PolicyUse,
): Promise<{ readonly source: PolicySource; readonly facts: StandingFacts } | string> {
  const dir = archiveDir(stateDir)
  const source = await loadPolicies(join(dir, use.pol_hash))
  if (!isSource(source)) return `the policies ${use.pol_hash.slice(0, 12)} are not kept: ${source[0]?.message ?? ''}`
  if (source.hash !== use.pol_hash) return `the policies kept as ${use.pol_hash.slice(0, 12)} were changed since`
  const facts = readFacts(await readFile(join(dir, `facts-${use.facts}.json`), 'utf8').catch(() => ''))
  if (facts === null || factsHash(facts) !== use.facts)
    return `the facts kept as ${use.facts.slice(0, 12)} are gone or were changed since`
  return { source, facts }
}

function readFacts(text: string): StandingFacts | null {
  const facts: unknown = readJsonObject(text)
  return isJsonObject(facts) && facts['schema'] === 'weir.policy-facts/v1' ? (facts as unknown as StandingFacts) : null
}

/** Two uses of one millisecond differ in their digits. */
function useName({ at, pol_hash, cfg_hash, facts }: PolicyUse): string {
  const digits = createHash('sha256').update(`${pol_hash}${cfg_hash}${facts}`).digest('hex').slice(0, 8)
  return `use-${String(Math.floor(at)).padStart(13, '0')}-${digits}.json`
}

async function exists(place: string): Promise<boolean> {
  return await open(place).then(
    async (file) => (await file.close(), true),
    () => false,
  )
}

async function namesIn(dir: string): Promise<readonly string[]> {
  return await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
}
