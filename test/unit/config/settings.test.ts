import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isAgentId, isTeamId } from '../../../src/domain/ids.ts'
import { isLoaded, loadConfig } from '../../../src/config/load.ts'
import type { AgentSettings, Settings } from '../../../src/config/settings.ts'
import { root } from '../../tidy/source.ts'
import { personId } from '../limits/fixture.ts'
import { loadedOf, mustLoad, tempConfig } from '../../support/temp-config.ts'

const minimal = `identity:
  api_keys:
    - { id: app, agent: console, sha256: ${'a'.repeat(64)}, person: tomas }
agents:
  console: { may_start_runs: true, groups: [entrypoints] }
  orchestrator: { url: "http://127.0.0.1:9001/" }
  research: { url: "http://127.0.0.1:9002/", limits: { concurrency_max: { max: 2, mode: warn } } }
limits:
  mode: shadow
  run: { depth_max: 5, laps_max: { max: 1, mode: enforce } }
  agent: { invokes_per_minute: 60, concurrency_max: 20 }
`

function agent(settings: Settings, id: string): AgentSettings {
  const found = isAgentId(id) ? settings.agents.get(id) : undefined
  if (!found) throw new Error(`${id} is not in the settings`)
  return found
}

test('a dozen lines govern, and everything else has a default', async () => {
  expect(minimal.trim().split('\n').length).toBeLessThanOrEqual(12)
  const { settings } = await loadedOf(minimal)
  expect(settings.gateway.public_url).toBe('http://127.0.0.1:8080')
  expect(settings.maximums.chain).toBe(64)
  expect(settings.timeouts.heartbeat_ms).toBe(4000)
  expect(settings.identity.api_keys[0]).toMatchObject({ agent: 'agent:console', person: 'user:tomas' })
})

test('an empty file is a gateway that knows nobody', async () => {
  const { settings } = await loadedOf('')
  expect(settings.agents.size).toBe(0)
  expect(settings.limits).toEqual({ on_breach: 'halt', run: {}, agent: {}, team: {}, person: {}, people: new Map() })
})

test('a limit takes the default mode unless it names its own, and an absent one does not exist', async () => {
  const { settings } = await loadedOf(minimal)
  expect(settings.limits.run).toEqual({
    depth_max: { max: 5, mode: 'shadow' },
    laps_max: { max: 1, mode: 'enforce' },
  })
})

test('the limits of an agent are merged over those of all agents', async () => {
  const { settings } = await loadedOf(minimal)
  expect(agent(settings, 'agent:research').limits).toEqual({
    invokes_per_minute: { max: 60, mode: 'shadow' },
    concurrency_max: { max: 2, mode: 'warn' },
  })
})

test('the limits of a team are merged over those of all teams', async () => {
  const { settings } = await loadedOf(
    'teams: { t: { limits: { tokens_per_day: 7 } } }\nlimits: { team: { tokens_per_day: 9, cost_micros_per_day: 8 } }',
  )
  const limits = [...settings.teams.values()].map((team) => team.limits)
  expect(limits).toEqual([
    { tokens_per_day: { max: 7, mode: 'enforce' }, cost_micros_per_day: { max: 8, mode: 'enforce' } },
  ])
})

test('prefixes of persons and teams may be written or left out', async () => {
  const text = 'teams: { t: {} }\nagents: { a: { team: "team:t", owner: ana }, b: { team: t, owner: "user:ana" } }'
  const { settings } = await loadedOf(text)
  for (const row of settings.agents.values()) {
    expect(row.owner).toBe('user:ana')
    expect(row.team !== null && isTeamId(row.team)).toBe(true)
  }
})

test('a trailing slash of the public URL is dropped and its host is normalised', async () => {
  const { settings } = await loadedOf('gateway: { public_url: "https://Weir.Example:443/" }')
  expect(settings.gateway.public_url).toBe('https://weir.example')
})

test('with port 0 the public URL is not known before the port is bound', async () => {
  const { settings } = await loadedOf('gateway: { listen: "[::1]:0" }')
  expect(settings.gateway).toMatchObject({ listen: { host: '::1', port: 0 }, public_url: null })
})

test('paths start at the directory of the file', async () => {
  await using config = await tempConfig(
    'state: { dir: data }\nidentity: { issuers: [{ issuer: "https://i", jwks: "file:./keys/jwks.json", agents: {} }] }',
  )
  await config.put('keys/jwks.json', '{}')
  const { settings } = await mustLoad(config.path)
  expect(settings.state.dir).toBe(join(config.dir, 'data'))
  expect(settings.identity.issuers[0]?.jwks).toBe(`file:${join(config.dir, 'keys', 'jwks.json')}`)
})

test('references are replaced, alone or in part, and one trailing newline of a file is dropped', async () => {
  await using config = await tempConfig(
    'agents: { a: { url: "http://${env:HOST}:${env:PORT}/", headers: { X-Key: "${file:key}" } } }',
  )
  await config.put('key', 'canary\n')
  const loaded = await mustLoad(config.path, { HOST: 'agent.example', PORT: '9001' })
  const { url, headers } = agent(loaded.settings, 'agent:a')
  expect(url).toBe('http://agent.example:9001/')
  expect(headers.map(([name, value]) => [name, value.reveal()])).toEqual([['x-key', 'canary']])
  expect(loaded.sources).toEqual([config.path, join(config.dir, 'key')])
})

test('a claim value finds only what was written, not what every object inherits', async () => {
  const { settings } = await loadedOf(
    'agents: { a: {} }\nidentity: { issuers: [{ issuer: "https://i", jwks: "https://i/k", agents: { w: a } }] }',
  )
  const agents = settings.identity.issuers[0]?.agents
  expect([agents?.['w'], agents?.['constructor']]).toEqual(['agent:a', undefined])
})

test('a ceiling of authority is read with the words of tokens, and without one there is none', async () => {
  const { settings } = await loadedOf(
    'agents: { a: { client: { authorization_details: [{ type: mcp_tool, tools: [b, a, b] }] } }, b: {} }',
  )
  expect(agent(settings, 'agent:a').client.authorization_details).toEqual([{ type: 'mcp_tool', tools: ['a', 'b'] }])
  expect(agent(settings, 'agent:b').client.authorization_details).toBeNull()
})

test('the snapshot cannot be changed', async () => {
  const { settings } = await loadedOf(minimal)
  expect(() => Object.assign(settings.limits.run, { depth_max: { max: 9, mode: 'shadow' } })).toThrow(TypeError)
  expect(Object.isFrozen(agent(settings, 'agent:research').price)).toBe(true)
})

test('the hash follows what is said and not how it is written', async () => {
  await using config = await tempConfig('timeouts: { connect_ms: 10, body_ms: 20 }')
  const first = await mustLoad(config.path)
  await config.write('# the same\ntimeouts:\n  body_ms: 20\n  connect_ms: 10\n')
  const same = await mustLoad(config.path)
  await config.write('timeouts: { connect_ms: 11, body_ms: 20 }')
  const other = await mustLoad(config.path)
  expect(same.hash).toBe(first.hash)
  expect(other.hash).not.toBe(first.hash)
  expect(first.hash).toMatch(/^[0-9a-f]{64}$/)
})

test('the hash tells nothing about a secret, and the fingerprint still sees it change', async () => {
  await using config = await tempConfig('alerts: { webhooks: [{ url: "http://h/", secret: "${env:S}" }] }')
  const [one, two] = [await mustLoad(config.path, { S: 'first' }), await mustLoad(config.path, { S: 'second' })]
  expect(one.hash).toBe(two.hash)
  expect(one.fingerprint.reveal()).not.toBe(two.fingerprint.reveal())
})

test('the commented example is a right configuration and names every section', async () => {
  await using config = await tempConfig('')
  await config.write(await readFile(join(root, 'config', 'weir.example.yaml'), 'utf8'))
  const { settings } = await mustLoad(config.path)
  expect(settings.agents.size).toBe(4)
  expect(Object.keys(settings)).toHaveLength(14)
})

test('credentials of the service manager are found by the environment and are no part of the configuration', async () => {
  await using config = await tempConfig('')
  const plain = await loadConfig(config.path, {})
  const handed = await loadConfig(config.path, { CREDENTIALS_DIRECTORY: '/run/credentials/weir.service' })
  if (!isLoaded(plain) || !isLoaded(handed)) throw new Error('an empty file holds')
  expect(plain.settings.state.credentials_dir).toBeNull()
  expect(handed.settings.state.credentials_dir).toBe('/run/credentials/weir.service')
  expect(handed.hash).toBe(plain.hash)
})

test('a person has the limits for all persons, but for those that are written beside the name', async () => {
  const { settings } = await loadedOf(
    'limits: { mode: warn, person: { tokens_per_day: 5, cost_micros_per_day: 9 }, people: { tomas: { tokens_per_day: 7 }, "user:ana": {} } }\n',
  )
  const { person, people } = settings.limits
  expect(person).toEqual({ tokens_per_day: { max: 5, mode: 'warn' }, cost_micros_per_day: { max: 9, mode: 'warn' } })
  expect(people.get(personId('tomas'))).toEqual({ ...person, tokens_per_day: { max: 7, mode: 'warn' } })
  expect(people.get(personId('ana'))).toEqual(person)
})
