/** What the command line's tools need of the house: the configuration, the admin address, tokens, generated pages. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { adminTokenPath } from './admin/token.ts'
import { systemClock } from './base/clock.ts'
import { isJsonObject, type JsonObject, readJsonObject } from './base/json.ts'
import { takeLock } from './base/instance-lock.ts'
import type { Settings } from './config/settings.ts'
import { cryptoDice } from './base/dice.ts'
import type { AdminPlace, CliDeps } from './cli/deps.ts'
import { type CliProblem, isProblem, problem } from './cli/exit-codes.ts'
import { addressUrl } from './config/fields.ts'
import { isLoaded, loadConfig, type Loaded } from './config/load.ts'
import { firstProblem, formatProblems } from './config/problems.ts'
import { configurationReference, configurationSchema } from './config/reference.ts'
import { anything } from './domain/authority.ts'
import { isAgentId, isPersonId } from './domain/ids.ts'
import { isDenial } from './domain/verdict.ts'
import { fetchTextFrom } from './identity/trust/fetch-text.ts'
import { type KeyProblem } from './identity/keys/key-files.ts'
import { hasKeys } from './identity/keys/keyring-open.ts'
import { type Keyring, lookAtKeyring, openKeyring } from './identity/keys/keyring.ts'
import { verifyCard } from './identity/cards/card-signature.ts'
import { beginLogin } from './identity/login/login.ts'
import { exchangeLogin } from './identity/login/login-grant.ts'
import { isLoginProblem, type LoginProblem } from './identity/login/login-problem.ts'
import { callLifetime_max_s } from './identity/tokens/call-token.ts'
import { resourceOf } from './pipeline/road.ts'
import { keyPlaces } from './pipeline/snapshot.ts'
import { identityOf } from './tools-identity.ts'
import { loadPolicies } from './policy/load.ts'
import { type CompiledSource, describeProblem, isCompiled, isSource, type PolicyProblem } from './policy/source.ts'
import { denialsReference } from './protocol/denials-page.ts'
import { adminUrlPath } from './serve.ts'

export const check: CliDeps['check'] = async (path, { color }) => {
  const loaded = await loadConfig(path)
  if (!isLoaded(loaded)) return { ok: false, text: formatProblems(loaded, { color }), problems: loaded }
  const { agents, teams, policy } = loaded.settings
  const compiled = await compileDirectory(policy.dir)
  if (!isCompiled(compiled)) return { ok: false, text: compiled.map(describeProblem).join('\n'), problems: compiled }
  const counted = `${agents.size} agents, ${teams.size} teams, ${compiled.policies.length} policies`
  const holds = `${path}: holds. ${counted}, configuration ${loaded.hash.slice(0, 12)}`
  const warned = compiled.warnings.map((warning) => `warning: ${describeProblem(warning)}`)
  return { ok: true, text: [holds, ...warned].join('\n'), problems: [] }
}

/** On this thread, for nothing else waits for it here; the compiler is loaded only when it is needed. */
async function compileDirectory(dir: string): Promise<CompiledSource | readonly PolicyProblem[]> {
  const source = await loadPolicies(dir)
  if (!isSource(source)) return source
  const { compilePolicies } = await import('./policy/compile.ts')
  return compilePolicies(source)
}

export const admin: CliDeps['admin'] = async (configPath) => {
  const loaded = await read(configPath)
  if ('exit' in loaded) return loaded
  const { state, gateway } = loaded.settings
  const tokenPath = adminTokenPath(state.dir)
  if (!existsSync(tokenPath)) {
    return problem(
      'unreachable',
      `No gateway has run with ${configPath} yet. Start it: weir serve --config ${configPath}`,
    )
  }
  const running = adminUrlPath(state.dir)
  const url = existsSync(running) ? readFileSync(running, 'utf8').trim() : addressUrl(gateway.admin_listen)
  return { url, token: readFileSync(tokenPath, 'utf8').trim() } satisfies AdminPlace
}

export const mint: CliDeps['token']['mint'] = async ({ configPath, agent, person, ttl_s, to }) => {
  if (ttl_s !== null && ttl_s > callLifetime_max_s)
    return problem('usage', `--ttl takes at most ${callLifetime_max_s} seconds: no token for a call lives longer.`)
  const loaded = await read(configPath)
  if ('exit' in loaded) return loaded
  const { settings } = loaded
  const agentId = agentIdOf(agent)
  const toId = to === null ? null : agentIdOf(to)
  const personId = person === null || person.includes(':') ? person : `user:${person}`
  if (!isAgentId(agentId) || !settings.agents.has(agentId)) {
    return problem('not_found', `${agent} is not an agent in ${configPath}.`)
  }
  if (toId !== null && (!isAgentId(toId) || !settings.agents.has(toId)))
    return problem('not_found', `${to} is not an agent in ${configPath}.`)
  if (personId !== null && !isPersonId(personId)) return problem('usage', `${person} cannot be the name of a person.`)
  const keys = keysOf(settings)
  if (keys.kind === 'key_problem') return problem('failed', keys.sentence)
  const publicUrl = settings.gateway.public_url
  if (publicUrl === null)
    return problem('usage', `${configPath} has port 0 and no gateway.public_url; a token needs an audience.`)
  const identity = identityOf(settings, { keys, publicUrl, call_ttl_s: ttl_s })
  const token = await identity.mintCallToken({
    agent: agentId,
    person: personId,
    audience: toId === null ? publicUrl : resourceOf({ publicUrl }, toId),
    delegation: null,
    run: null,
    authority: anything,
    boundTo: null,
  })
  if (isDenial(token)) return problem('failed', token.detail)
  const expires_at = token.proof.issuedAt + token.expires_in_s * 1000
  return { token: token.raw, agent: agentId, person: personId, expires_at }
}

function agentIdOf(name: string): string {
  return name.includes(':') ? name : `agent:${name}`
}

/** Beside a gateway the keys are only looked at; before its first start they are made, as it would. */
function keysOf(settings: Settings): Keyring | KeyProblem {
  const options = { ...keyPlaces(settings), clock: systemClock }
  if (hasKeys(settings.state.dir)) return lookAtKeyring(options)
  const lock = takeLock(settings.state.dir)
  if (typeof lock === 'string') return lookAtKeyring(options)
  try {
    return openKeyring(options)
  } finally {
    lock.release()
  }
}

const exitOfLogin = { unusable: 'usage', unreachable: 'unreachable', refused: 'denied', mismatch: 'no' } as const

function loginExit({ why, sentence }: LoginProblem): CliProblem {
  return problem(exitOfLogin[why], sentence)
}

export const begin: CliDeps['login']['begin'] = async (asked) => {
  const pending = await beginLogin(asked, cryptoDice())
  if (isLoginProblem(pending)) return loginExit(pending)
  const finish = async (answer: URLSearchParams) => {
    const login = await pending.finish(answer)
    return isLoginProblem(login) ? loginExit(login) : login
  }
  return { url: pending.url, isOurs: pending.isOurs, finish }
}

export const exchange: CliDeps['login']['exchange'] = async ({ agent, to, keyPath, gateway, idToken }) => {
  const [agentId, toId] = [agentIdOf(agent), agentIdOf(to)]
  if (!isAgentId(agentId)) return problem('usage', `${agent} cannot be the name of an agent.`)
  if (!isAgentId(toId)) return problem('usage', `${to} cannot be the name of an agent.`)
  const facts = statSync(keyPath, { throwIfNoEntry: false })
  if (!facts) return problem('not_found', `There is no key file ${keyPath}.`)
  if (facts.mode & 0o077) return problem('usage', `Others may read ${keyPath}. Run: chmod 600 ${keyPath}`)
  const key = readJsonObject(readFileSync(keyPath, 'utf8'))
  if (key === null) return problem('usage', `${keyPath} is not one strict JSON object.`)
  const grant = await exchangeLogin({ gateway, agent: agentId, key, idToken, to: toId })
  if (isLoginProblem(grant)) return loginExit(grant)
  const { accessToken: access_token, resource, dpopKey: dpop_jwk } = grant
  const expires_at = systemClock.now() + grant.expires_in_s * 1000
  return { access_token, token_type: 'DPoP', expires_at, resource, dpop_jwk }
}

export const verifyCardFile: CliDeps['card']['verify'] = async ({ card, jwks }) => {
  const fetchText = fetchTextFrom('.')
  const read = async (place: string): Promise<JsonObject | CliProblem> => {
    try {
      const text = await fetchText(/^(?:https?|file):/.test(place) ? place : `file:${place}`)
      return readJsonObject(text) ?? problem('no', `${place} is not one strict JSON object.`)
    } catch (error) {
      return problem('not_found', `${place} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const document = await read(card)
  if (isProblem(document)) return document
  const set = await read(jwks)
  if (isProblem(set)) return set
  const keys = Array.isArray(set['keys']) ? set['keys'].filter(isJsonObject) : null
  return keys ? verifyCard(document, keys) : problem('no', `${jwks} is not a JWK Set.`)
}

/** Writes what is generated from tables; returns what changed, relative to the repository. */
export const docs: CliDeps['docs'] = () => {
  const root = join(import.meta.dirname, '..')
  const pages: Readonly<Record<string, string>> = {
    'config/weir.schema.json': configurationSchema(),
    'docs/reference/configuration.md': configurationReference(),
    'docs/reference/denials.md': denialsReference(),
  }
  const changed = Object.entries(pages).filter(([path, text]) => !isWritten(join(root, path), text))
  for (const [path, text] of changed) writeFileSync(join(root, path), text)
  return Promise.resolve(changed.map(([path]) => path))
}

function isWritten(path: string, text: string): boolean {
  return existsSync(path) && readFileSync(path, 'utf8') === text
}

async function read(configPath: string): Promise<Loaded | CliProblem> {
  const loaded = await loadConfig(configPath)
  return isLoaded(loaded) ? loaded : problem('no', firstProblem(loaded, configPath))
}
