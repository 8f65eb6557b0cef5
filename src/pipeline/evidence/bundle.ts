/** Gathers what an auditor takes away: everything kept about a run, and the keys with which it can be checked elsewhere. */
import type { Millis } from '../../base/clock.ts'
import { isJsonObject, readJsonObject } from '../../base/json.ts'
import type { RunChain } from '../../domain/evidence.ts'
import type { RunId } from '../../domain/ids.ts'
import { everything, nameOfKey, nameOfToken } from '../../domain/revocation.ts'
import type { Keyring } from '../../identity/keys/keyring.ts'
import type { RunTrace } from '../../domain/evidence.ts'

export function runChainOf(run: RunId, trace: RunTrace, keys: Keyring, now: Millis): RunChain {
  const { runs, calls, intents, tokens, grants, complete, problems } = trace
  const published = tokenKeys(keys)
  const touched = touchedBy(
    trace,
    published.map(({ kid }) => kid),
  )
  const revocations = trace.revocations.filter(({ name }) => touched.has(name))
  const kept = { runs, calls, intents, tokens, grants, revocations }
  return { schema: 'weir.run-chain/v1', run, made_at: now, complete, problems, ...kept, keys: published }
}

/** All keys that ever signed tokens: whoever checks looks for the one a token names. */
function tokenKeys(keys: Keyring): readonly { readonly kid: string }[] {
  const list = readJsonObject(keys.history().text)?.['keys']
  if (!Array.isArray(list)) return []
  return list.flatMap((key) =>
    isJsonObject(key) && key['weir_use'] === 'token' && typeof key['kid'] === 'string'
      ? [{ ...key, kid: key['kid'] }]
      : [],
  )
}

/** The names under which a revocation can have touched the run. */
function touchedBy({ runs, calls, tokens, grants }: RunTrace, kids: readonly string[]): ReadonlySet<string | null> {
  const agents = [...runs.map(({ root }) => root), ...calls.flatMap(({ agent, target }) => [agent, target])]
  const persons = [...runs.map(({ human }) => human), ...grants.map(({ person }) => person)]
  const ids = [...tokens, ...grants].flatMap(({ jti }) => (jti === null ? [] : [nameOfToken('weir', jti)]))
  return new Set([everything, ...agents, ...persons, ...ids, ...kids.map(nameOfKey)])
}
