/** From the address of a card to an agent that can be called, without a restart and without losing a comment. */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { type CardAgent, cardAt, startCardAgent } from '../support/card-agent.ts'
import { refusalOf, say } from '../support/caller.ts'
import { completedTask } from '../support/scripted-agent.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

const main = join(import.meta.dirname, '..', '..', 'src/main.ts')
const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function run(...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    )
  })
}

async function begin(): Promise<{ readonly agent: CardAgent; readonly weir: Weir; readonly config: string }> {
  const agent = await startCardAgent(() => JSON.stringify({ jsonrpc: '2.0', id: 1, result: completedTask('done') }))
  open.push(() => agent.stop())
  agent.card = cardAt(agent.origin, { name: 'Orchestrator' })
  const weir = await startWeir({
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: { console: { groups: ['entrypoints'], may_start_runs: true } },
  })
  open.push(() => weir.stop())
  return { agent, weir, config: join(weir.directory, 'weir.yaml') }
}

/** The same settings as people write them. */
function asYaml(config: string): void {
  const { gateway, identity, policy, state, agents } = JSON.parse(readFileSync(config, 'utf8')) as Record<
    string,
    object
  >
  const flow = Object.entries({ gateway, identity, policy, state }).map(([name, value]) => {
    const members = Object.entries(value ?? {}).map(([key, inner]) => `  ${key}: ${JSON.stringify(inner)}\n`)
    return `${name}: # of ours\n${members.join('')}`
  })
  const console = JSON.stringify((agents as { console: object }).console)
  writeFileSync(config, `# mine\n${flow.join('')}agents:\n  console: ${console} # an app\n`)
}

test('an agent in our own network is added where that is said, watched, and called', async () => {
  const { agent, weir, config } = await begin()
  asYaml(config)
  const before = readFileSync(config, 'utf8')
  const refused = await run('agent', 'add', agent.origin, '--config', config, '--yes')
  expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('--allow-private') as string })
  expect(readFileSync(config, 'utf8')).toBe(before)
  const added = await run('agent', 'add', agent.origin, '--config', config, '--allow-private', '--yes')
  expect([added.code, added.stderr]).toEqual([0, expect.stringContaining('weir.yaml.bak') as string])
  expect(added.stdout).toContain('+   orchestrator:')
  expect(readFileSync(`${config}.bak`, 'utf8')).toBe(before)
  const after = readFileSync(config, 'utf8')
  for (const line of before.split('\n')) expect(after).toContain(line)
  const ls = async (): Promise<string> => (await run('agent', 'ls', '--config', config)).stdout
  await vi.waitUntil(async () => /orchestrator +ok +1\.0 +hidden +[0-9a-f]{12}/.test(await ls()), { timeout: 20_000 })
  const said = await say(weir, { from: 'console', to: 'orchestrator' })
  expect([refusalOf(said), said.status]).toEqual([null, 200])
  expect((await run('agent', 'add', agent.origin, '--config', config, '--allow-private', '--yes')).code).toBe(3)
}, 60_000)

test('what cannot be an agent is not added, and the file stays', async () => {
  const { agent, config } = await begin()
  const before = readFileSync(config, 'utf8')
  const add = (...more: readonly string[]): Promise<Ran> =>
    run('agent', 'add', agent.url, '--config', config, '--allow-private', '--yes', ...more)
  agent.card = cardAt('http://169.254.169.254')
  expect((await add()).stderr).toContain('--url')
  agent.card = '<html>'
  expect((await add()).code).toBe(3)
  agent.card = cardAt(agent.origin, { name: '東京' })
  expect((await add()).stderr).toContain('--slug')
  expect((await add('--slug', 'Not A Slug')).code).toBe(2)
  expect((await run('agent', 'add', 'file:///etc/passwd', '--config', config, '--yes')).code).toBe(2)
  expect(
    (await run('agent', 'add', 'http://169.254.169.254/', '--config', config, '--allow-private', '--yes')).code,
  ).toBe(3)
  expect(readFileSync(config, 'utf8')).toBe(before)
}, 60_000)
