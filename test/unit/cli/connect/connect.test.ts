import { expect, test } from 'vitest'
import { recipes, tokenVariable } from '../../../../src/cli/connect/recipe.ts'
import type { FirstCall } from '../../../../src/cli/connect/deps.ts'
import { run } from '../fake-deps.ts'

const clients = Object.keys(recipes)
const call: FirstCall = {
  hop: 'hop_1',
  agent: 'agent:coder',
  person: 'user:ana',
  target: 'model:fake/echo',
  credential: 'api_key',
  run: 'run_1',
  origin: 'vendor',
  code: null,
  detail: null,
}

function machine(files: Record<string, string> = {}, first: FirstCall | null = null) {
  const asked: string[] = []
  const connect = {
    world: () => Promise.resolve({ url: 'http://weir.example', home: '/home/ana' }),
    read: (path: string) => Promise.resolve(files[path] ?? ''),
    write: (path: string, text: string) => {
      const backup = path in files ? `${path}.before-weir` : null
      files[path] = text
      return Promise.resolve({ backup })
    },
    firstCall: ({ agent }: { agent: string | null }) => {
      asked.push(String(agent))
      return Promise.resolve(first)
    },
  }
  return { weir: (...args: string[]) => run(['connect', ...args], { connect }), files, asked }
}

test.each(clients)('%s is shown what to do, and nothing is written', async (client) => {
  const { weir, files } = machine()
  const { code, stdout } = await weir(client, '--print')
  expect(code).toBe(0)
  expect(files).toEqual({})
  expect(stdout).toContain('weir.example')
  expect(stdout).toContain(tokenVariable)
})

test.each(clients)('what is written for %s holds no credential, and a second time changes nothing', async (client) => {
  const { weir, files } = machine()
  expect(await weir(client, '--write', '--wait', '0')).toMatchObject({ code: 0 })
  const written = { ...files }
  expect(JSON.stringify(written)).not.toMatch(/wk_|Bearer [^$]/)
  expect(await weir(client, '--write', '--wait', '0')).toMatchObject({ code: 0 })
  expect(files).toEqual(written)
})

test('a file that was there is kept, and the place of the copy is said', async () => {
  const { weir, files } = machine({ '.mcp.json': '{"mcpServers":{"mine":{}}}' })
  const { code, stderr } = await weir('claude-code', '--write', '--wait', '0')
  expect(code).toBe(0)
  expect(JSON.parse(files['.mcp.json'] ?? '')).toMatchObject({ mcpServers: { mine: {}, weir: { type: 'http' } } })
  expect(stderr).toContain('.mcp.json.before-weir')
})

test('a file with comments is not touched', async () => {
  const { weir, files } = machine({ '.vscode/mcp.json': '{ // mine\n}' })
  const { code, stdout } = await weir('vscode', '--write', '--wait', '0')
  expect(code).toBe(0)
  expect(files['.vscode/mcp.json']).toBe('{ // mine\n}')
  expect(stdout).toContain('by hand')
})

test('the first call says who it is and how its run was found', async () => {
  const { weir, asked } = machine({}, call)
  const { code, stdout } = await weir('codex', '--write', '--agent', 'coder', '--wait', '5')
  expect(code).toBe(0)
  expect(asked).toEqual(['coder'])
  expect(stdout).toContain('agent:coder for user:ana by api_key → model:fake/echo: let through')
  expect(stdout).toContain('run_1, found by vendor')
})

test('no call in time, a stranger, an unknown client and nobody to ask each end in their own way', async () => {
  expect(await machine().weir('codex', '--write', '--wait', '1')).toMatchObject({ code: 8 })
  const stranger = { ...call, agent: null, detail: 'no credential' }
  expect(await machine({}, stranger).weir('codex', '--write', '--wait', '1')).toMatchObject({ code: 4 })
  expect(await machine().weir('netscape')).toMatchObject({ code: 5 })
  expect(await machine().weir('codex')).toMatchObject({ code: 2 })
  expect(await machine().weir('codex', '--write', '--wait', 'soon')).toMatchObject({ code: 2 })
})

test('without a client all of them are listed', async () => {
  const { code, stdout } = await machine().weir()
  expect(code).toBe(0)
  for (const client of clients) expect(stdout).toContain(client)
})

test('JSON holds the call that was waited for, and nothing stands beside it', async () => {
  const { weir } = machine({}, call)
  const { code, stdout } = await weir('codex', '--write', '--wait', '5', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ client: 'codex', call: { run: 'run_1', origin: 'vendor' } })
  expect(JSON.parse((await weir('codex', '--json', '--print')).stdout)).not.toHaveProperty('call')
})

test('Visual Studio Code asks for the credential, since it puts no variable of the environment into a header', async () => {
  const { weir, files } = machine()
  await weir('vscode', '--write', '--wait', '0')
  expect(JSON.parse(files['.vscode/mcp.json'] ?? '')).toMatchObject({
    inputs: [{ id: 'weir-token', type: 'promptString', password: true }],
    servers: { weir: { headers: { Authorization: 'Bearer ${input:weir-token}' } } },
  })
})

test('the Agents SDK is told not to show the credential to where its traces go', async () => {
  const { stdout } = await machine().weir('openai-agents', '--print')
  expect(stdout).toContain('use_for_tracing=False')
  expect(stdout).toContain('set_tracing_disabled(True)')
})
