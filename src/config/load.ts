/** Reads the configuration file: all its mistakes at once, or one frozen snapshot. The only reader of the environment. */
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { crossCheck } from './cross-check.ts'
import { locate, parse, type Parsed, plainOf, readable, strangeKeys, syntaxProblems } from './document.ts'
import { explain, valueAt } from './explain.ts'
import { normalise } from './normalise.ts'
import { jwksPlace } from './normalise-identity.ts'
import { rowsAt } from './plain.ts'
import type { ConfigProblem, Finding, Path } from './problems.ts'
import { type Environment, readBounded, replaceReferences } from './references.ts'
import { fileSchema } from './schema.ts'
import { inherited } from './schema-tool-process.ts'
import { Secret } from './secret.ts'
import type { Settings } from './settings.ts'

const fileBytesMax = 4_194_304

/** A configuration that was found right. */
export interface Loaded {
  readonly settings: Settings
  /** SHA-256 of the settings without the values of secrets; shown, logged, and carried by every record. */
  readonly hash: string
  /** Changes whenever anything changes, secrets included; for comparing, never for showing. */
  readonly fingerprint: Secret
  /** Absolute path of the configuration file. */
  readonly file: string
  /** Absolute paths of every file that took part. */
  readonly sources: readonly string[]
}

export function isLoaded(outcome: Loaded | readonly ConfigProblem[]): outcome is Loaded {
  return 'settings' in outcome
}

/** Never rejects: whatever is wrong with the file is a problem with its place. */
export async function loadConfig(
  path: string,
  env: Environment = process.env,
): Promise<Loaded | readonly ConfigProblem[]> {
  const file = resolve(path)
  const base = dirname(file)
  const source = await readBounded(file, fileBytesMax)
  if (!source.ok) return [unreadable(path, source.reason)]
  const parsed = parse(basename(path), source.value)
  const syntax = parsed ? syntaxProblems(parsed) : [tooTangled(basename(path))]
  if (!parsed || !readable(parsed)) return syntax
  const strange = strangeKeys(parsed)
  if (strange.length > 0) return inOrder([...syntax, ...strange.map((finding) => locate(finding, parsed))])
  const replaced = await replaceReferences(parsed, base, env)
  const plain = plainOf(parsed)
  if (plain === null) return [tooTangled(basename(path))]
  const checked = fileSchema.safeParse(plain)
  const broken = new Set(replaced.findings.map((finding) => JSON.stringify(finding.path)))
  const findings = [
    ...(checked.success ? [] : explain(checked.error.issues, { plain, references: replaced.references })),
    ...crossCheck(plain),
    ...(await missingPlaces(plain, base)),
  ].filter((finding) => !broken.has(JSON.stringify(finding.path)))
  const problems = [...syntax, ...locateAll([...replaced.findings, ...findings], parsed)]
  if (problems.length > 0 || !checked.success) return inOrder(problems)
  const settings = normalise(checked.data, base, env['CREDENTIALS_DIRECTORY'] || null)
  return { settings, ...hashes(settings), file, sources: [file, ...replaced.files] }
}

/** What child processes get of the environment: the variables of `inherited`, and no exported function of a shell. */
export function childEnvironment(env: Environment = process.env): Readonly<Record<string, string>> {
  return Object.fromEntries(
    inherited.flatMap((name) => {
      const value = env[name]
      return value === undefined || value.startsWith('()') ? [] : [[name, value]]
    }),
  )
}

function unreadable(file: string, reason: string): ConfigProblem {
  const message = `cannot be read (${reason})`
  return { file, line: 1, col: 1, path: '', message, expected: 'a readable configuration file', suggestion: null }
}

/** Nested so deep, or so many aliases of aliases, that reading it would exhaust memory or stack. */
function tooTangled(file: string): ConfigProblem {
  const message = 'too deep, or too many aliases'
  return { file, line: 1, col: 1, path: '', message, expected: 'plain YAML', suggestion: null }
}

function locateAll(findings: readonly Finding[], parsed: Parsed): readonly ConfigProblem[] {
  return findings.map((finding) => locate(finding, parsed))
}

function inOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.col - b.col)
}

/** Directories and files the settings name and nobody will create. */
async function missingPlaces(plain: unknown, base: string): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const policy = valueAt(plain, ['policy', 'dir']) ?? 'policy'
  if (typeof policy === 'string' && !(await exists(resolve(base, policy), 'directory'))) {
    findings.push({ path: ['policy', 'dir'], message: 'does not exist', expected: 'a directory of Cedar policies' })
  }
  for (const [row] of rowsAt(plain, ['tools', 'servers'])) {
    const path = [...row, 'openapi', 'document']
    const document = valueAt(plain, path)
    if (typeof document !== 'string' || (await exists(resolve(base, document), 'file'))) continue
    findings.push({ path, message: 'does not exist', expected: 'a file with the description of an API' })
  }
  for (const path of jwksPaths(plain)) {
    const jwks = valueAt(plain, path)
    if (typeof jwks !== 'string' || !jwks.startsWith('file:')) continue
    if (await exists(jwksPlace(jwks, base).slice('file:'.length), 'file')) continue
    findings.push({ path, message: 'does not exist', expected: 'a file with a JWK Set' })
  }
  return findings
}

/** Every place in the file where a JWK Set may be named. */
function jwksPaths(plain: unknown): readonly Path[] {
  const lists = ['issuers', 'people', 'partners', 'signals'].flatMap((list) => {
    const rows = valueAt(plain, ['identity', list])
    return Array.isArray(rows) ? [...rows.keys()].map((i): Path => ['identity', list, i, 'jwks']) : []
  })
  const agents = valueAt(plain, ['agents'])
  const slugs = typeof agents === 'object' && agents !== null ? Object.keys(agents) : []
  const agentKeys = slugs.flatMap((slug): readonly Path[] => [
    ['agents', slug, 'client', 'jwks'],
    ['agents', slug, 'card', 'keys'],
  ])
  return [...lists, ...agentKeys]
}

async function exists(path: string, kind: 'directory' | 'file'): Promise<boolean> {
  try {
    const facts = await stat(path)
    return kind === 'directory' ? facts.isDirectory() : facts.isFile()
  } catch {
    return false
  }
}

/** The hash hides secrets because they serialise as `[secret]`; the fingerprint reveals them and is itself a secret. */
function hashes(settings: Settings): { readonly hash: string; readonly fingerprint: Secret } {
  // Where the service manager puts credentials is no part of the configuration: `weir check` knows the same hash.
  const said = { ...settings, state: { dir: settings.state.dir } }
  const shown = JSON.stringify(said, stable)
  const full = JSON.stringify(said, function (this: Readonly<Record<string, unknown>>, key: string, value: unknown) {
    const held = this[key]
    return held instanceof Secret ? held.reveal() : stable(key, value)
  })
  return { hash: sha256(shown), fingerprint: new Secret(sha256(full)) }
}

/** Mappings become lists in the order of their keys, so that the order in the file does not matter. */
function stable(_key: string, value: unknown): unknown {
  if (value instanceof Map) return byKey([...value.entries()])
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(byKey(Object.entries(value)))
}

function byKey<Entry extends readonly [unknown, unknown]>(entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
