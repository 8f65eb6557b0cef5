/**
 * What the command line's evidence is made of: the state directory, read and never changed, so that it answers the same
 * whether the gateway runs or is long gone.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from './base/clock.ts'
import { isJsonObject, readJsonObject } from './base/json.ts'
import type { CliDeps, InspectedToken } from './cli/deps.ts'
import { type CliProblem, isProblem, problem } from './cli/exit-codes.ts'
import { isHopId, isRunId } from './domain/ids.ts'
import type { Inspected } from './domain/inspected.ts'
import { isDenial } from './domain/verdict.ts'
import { fetchTextFrom } from './identity/trust/fetch-text.ts'
import { inspectToken } from './identity/tokens/inspect.ts'
import { findHop, traceRun } from './ledger/trace.ts'
import { type Names, openVaultReader } from './ledger/vault/names.ts'
import { accountOf } from './pipeline/evidence/account.ts'
import { runChainOf } from './pipeline/evidence/bundle.ts'
import { type LedgerState, openState } from './tools-ledger.ts'

/** Past this a history of keys is no key set of ours. */
const keysText_max = 16_777_216

interface State extends LedgerState {
  /** Who is behind the pseudonyms; null where no vault is. */
  readonly names: Names | null
}

export const hop: CliDeps['evidence']['hop'] = async ({ configPath, hop }) => {
  if (!isHopId(hop)) return problem('usage', `${hop} is no id of a hop: those begin with hop_.`)
  const state = await openNamed(configPath)
  if (isProblem(state)) return state
  const found = await findHop(state.ledger, hop, state.names)
  if (!found) return problem('not_found', `The ledger keeps nothing of ${hop}.`)
  return await accountOf(
    found,
    found.run === null ? null : await traceRun(state.ledger, found.run, state.names),
    state.keys,
  )
}

export const run: CliDeps['evidence']['run'] = async ({ configPath, run }) => {
  if (!isRunId(run)) return problem('usage', `${run} is no id of a run: those begin with run_.`)
  const state = await openNamed(configPath)
  if (isProblem(state)) return state
  const trace = await traceRun(state.ledger, run, state.names)
  if (!trace) return problem('not_found', `The ledger keeps nothing of ${run}.`)
  return runChainOf(run, trace, state.keys, systemClock.now())
}

/** One file where the name ends in `.json`; else a folder with everything that is needed to check it. */
export const write: CliDeps['evidence']['write'] = ({ chain, out }) => {
  const bundle = `${JSON.stringify(chain, null, 1)}\n`
  try {
    if (out.endsWith('.json')) {
      writeFileSync(out, bundle, { flag: 'wx', mode: 0o600 })
      return Promise.resolve({ files: [out], check: `node verify-chain.mjs ${out} --jwks <keys>` })
    }
    mkdirSync(out, { recursive: true, mode: 0o700 })
    const parts: Readonly<Record<string, string>> = {
      'bundle.json': bundle,
      'jwks.json': `${JSON.stringify({ keys: chain.keys }, null, 1)}\n`,
      'verify-chain.mjs': readFileSync(join(import.meta.dirname, '..', 'config', 'verify-chain.mjs'), 'utf8'),
      'README.txt': readme(chain.run),
    }
    const files = Object.keys(parts).map((name) => join(out, name))
    for (const [name, text] of Object.entries(parts)) writeFileSync(join(out, name), text, { flag: 'wx', mode: 0o600 })
    const check = `node ${join(out, 'verify-chain.mjs')} ${join(out, 'bundle.json')} --jwks ${join(out, 'jwks.json')}`
    return Promise.resolve({ files, check })
  } catch (error) {
    return Promise.resolve(problem('failed', `${out} cannot be written: ${String(error)}`))
  }
}

function readme(run: string): string {
  return `Evidence of ${run}

bundle.json        every record, signed token, grant and revocation that Weir keeps of this run
jwks.json          the public keys that signed the tokens, each with the time in which it was in use (milliseconds)
verify-chain.mjs   checks the bundle with nothing but Node 20 or later

    node verify-chain.mjs bundle.json --jwks jwks.json

Whoever made this folder also wrote jwks.json. Compare it with what the gateway publishes under
/.well-known/weir-keys.json, or pass that document to --jwks instead.
`
}

export const inspect: CliDeps['token']['inspect'] = async ({ configPath, token, jwks }) => {
  const keys = jwks === null ? await ownKeys(configPath) : await readKeys(jwks)
  if (isProblem(keys)) return keys
  const seen = await inspectToken(token, keys)
  if (isDenial(seen)) return problem('no', `This is no token: ${seen.detail}.`)
  const reason = reasonAgainst(seen)
  const { iss, typ, kid } = { ...seen.claims, ...seen.header }
  const named = { typ: textOf(typ) ?? '', issuer: textOf(iss) ?? '', key: textOf(kid) }
  return { valid: reason === null, reason, ...named, ...seen } satisfies InspectedToken
}

function reasonAgainst({ signature, signedBy, expiresAt }: Inspected): string | null {
  if (signedBy === null) return 'its key is not among the given ones'
  if (signature !== 'valid') return 'its signature does not hold with the key it names'
  if (signedBy.revokedAt !== null) return 'its key was revoked'
  if (!signedBy.inUse) return 'its key was not in use when it was issued'
  return expiresAt !== null && expiresAt <= systemClock.now() ? 'it has expired' : null
}

type KeySet = { readonly keys: readonly object[] }

/** Retired keys too, so that old tokens can still be judged; only those that sign tokens. */
async function ownKeys(configPath: string): Promise<KeySet | CliProblem> {
  const state = await openNamed(configPath)
  return isProblem(state) ? state : keySet(state.keys.history().text, configPath)
}

async function readKeys(place: string): Promise<KeySet | CliProblem> {
  try {
    const text = await fetchTextFrom('.')(/^(?:https?|file):/.test(place) ? place : `file:${place}`)
    return keySet(text, place)
  } catch (error) {
    return problem('not_found', `${place} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function keySet(text: string, place: string): KeySet | CliProblem {
  const listed = text.length <= keysText_max ? readJsonObject(text)?.['keys'] : null
  if (!Array.isArray(listed)) return problem('no', `${place} is not a JWK Set.`)
  const keys = listed.filter(isJsonObject).filter(({ weir_use = 'token' }) => weir_use === 'token')
  return { keys }
}

/** Evidence without the names it rests on would be none: where they cannot be read, that is said. */
async function openNamed(configPath: string): Promise<State | CliProblem> {
  const state = await openState(configPath)
  if (isProblem(state)) return state
  const names = openVaultReader(state.vault)
  return typeof names === 'string' ? problem('failed', names) : { ...state, names }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
