/** What the command line's tools need of the house: the configuration, the admin address, tokens, generated pages. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { adminTokenPath } from './admin/token.ts'
import { systemClock } from './base/clock.ts'
import { cryptoDice } from './base/dice.ts'
import type { AdminPlace, CliDeps, InspectedToken } from './cli/deps.ts'
import { type CliProblem, problem } from './cli/exit-codes.ts'
import { addressUrl } from './config/fields.ts'
import { isLoaded, loadConfig, type Loaded } from './config/load.ts'
import { formatProblems } from './config/problems.ts'
import { configurationReference, configurationSchema } from './config/reference.ts'
import { isAgentId, isPersonId } from './domain/ids.ts'
import { isDenial } from './domain/verdict.ts'
import { fetchTextFrom } from './identity/fetch-text.ts'
import { inspectToken } from './identity/inspect.ts'
import { openSigningKeys } from './identity/keys.ts'
import { openIdentity } from './identity/open.ts'
import { openProofRunner } from './identity/verify-batch.ts'
import { identitySettings } from './pipeline/snapshot.ts'
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

export const mint: CliDeps['token']['mint'] = async ({ configPath, agent, person, ttl_s }) => {
  const loaded = await read(configPath)
  if ('exit' in loaded) return loaded
  const { settings } = loaded
  const agentId = agent.includes(':') ? agent : `agent:${agent}`
  const personId = person === null || person.includes(':') ? person : `user:${person}`
  if (!isAgentId(agentId) || !settings.agents.has(agentId)) {
    return problem('not_found', `${agent} is not an agent in ${configPath}.`)
  }
  if (personId !== null && !isPersonId(personId)) return problem('usage', `${person} cannot be the name of a person.`)
  const keys = openSigningKeys(settings.state.dir)
  if (keys.kind === 'key_problem') return problem('failed', keys.sentence)
  const publicUrl = settings.gateway.public_url
  if (publicUrl === null)
    return problem('usage', `${configPath} has port 0 and no gateway.public_url; a token needs an audience.`)
  const tokens = { ...settings.identity.tokens, ...(ttl_s === null ? {} : { call_ttl_s: ttl_s }) }
  const identity = openIdentity(
    identitySettings({ ...settings, identity: { ...settings.identity, tokens } }, publicUrl),
    {
      keys,
      runProofs: openProofRunner(keys.privateJwk),
      clock: systemClock,
      dice: cryptoDice(),
      fetchText: fetchTextFrom('.'),
      once: () => 'full',
    },
  )
  const token = await identity.mintCallToken({ agent: agentId, person: personId })
  if (isDenial(token)) return problem('failed', token.detail)
  const report = await inspectToken(token)
  const expires_at = isDenial(report) ? 0 : (report.expiresAt ?? 0)
  return { token, agent: agentId, person: personId, expires_at }
}

export const inspect: CliDeps['token']['inspect'] = async ({ configPath, token }) => {
  const loaded = await read(configPath)
  if ('exit' in loaded) return loaded
  const keys = openSigningKeys(loaded.settings.state.dir)
  if (keys.kind === 'key_problem') return problem('failed', keys.sentence)
  const report = await inspectToken(token, keys.jwks)
  if (isDenial(report)) return problem('no', `This is no token: ${report.detail}.`)
  const expired = report.expiresAt !== null && report.expiresAt <= systemClock.now()
  const reason =
    report.signature === 'valid'
      ? expired
        ? 'it has expired'
        : null
      : 'its signature does not hold with the keys of this gateway'
  return {
    valid: reason === null,
    reason,
    typ: textOf(report.header['typ']) ?? '',
    issuer: textOf(report.claims['iss']) ?? '',
    key: textOf(report.header['kid']),
    chain: report.chain,
    run: report.run,
    depth: report.depth,
    expires_at: report.expiresAt ?? 0,
  } satisfies InspectedToken
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

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function isWritten(path: string, text: string): boolean {
  return existsSync(path) && readFileSync(path, 'utf8') === text
}

async function read(configPath: string): Promise<Loaded | CliProblem> {
  const loaded = await loadConfig(configPath)
  return isLoaded(loaded) ? loaded : problem('no', formatProblems(loaded, { color: false }))
}
