/** `weir tools` shows what a model would read and a person would not see, and decides about nothing that was not shown. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ToolDetail, ToolList } from '../../../src/cli/admin-api-tools.ts'
import { type Ran, run } from './fake-deps.ts'
import { now } from './sample-run.ts'

let url = ''
let asked: { path: string; body: string }[] = []

const digest = `sha256:${'a'.repeat(64)}`
const read = { server: 'files', name: 'read', exposed: 'files_read', state: 'approved', why: null, digest } as const
const evil = {
  ...read,
  name: 'wr\u200bite',
  exposed: 'files_wr_ite_0',
  state: 'changed',
  why: 'it is not what was approved',
} as const
const list: ToolList = {
  schema: 'weir.tools/v1',
  approval: 'first_use',
  lock_file: '/etc/weir/tools.lock',
  servers: [
    { server: 'files', state: 'fresh', since: now, detail: null, version: 1, tools: 2, withheld: [] },
    { server: 'mail', state: 'missing', since: now, detail: 'refused', version: 0, tools: 0, withheld: [] },
  ],
  tools: [read, evil],
  more: 0,
}
const detail: ToolDetail = {
  schema: 'weir.tool/v1',
  ...evil,
  approved: { digest: `sha256:${'b'.repeat(64)}`, actor: 'ana', reason: 'fine', at: '2026-11-28T10:00:00.000Z' },
  classes: ['text'],
  changes: ['~ $.description: "a" -> "b\\u{E0041}\u001b[8m"'],
  findings: ['$.name holds an invisible character, \\u{200B}'],
  unchecked: null,
  definition: '{"name":"wr\\u{200B}ite"}',
  definition_bytes: 20,
}

const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    const path = request.url ?? ''
    if (request.method === 'POST') asked.push({ path, body })
    if (path.startsWith('/api/v1/tools?') || path === '/api/v1/tools') return void response.end(JSON.stringify(list))
    if (path.endsWith('/lock'))
      return void response.end(JSON.stringify({ schema: 'weir.tools_lock/v1', lock_file: list.lock_file, tools: 2 }))
    if (path.includes('/files/wr%E2%80%8Bite')) return void response.end(JSON.stringify(detail))
    if (path.endsWith('/files/read'))
      return void response.end(JSON.stringify({ ...detail, ...read, changes: [], findings: [], classes: [] }))
    response.statusCode = 404
    return void response.end(JSON.stringify({ title: 'Nothing by that name', code: 'not_found' }))
  })
})

beforeAll(async () => {
  await new Promise<void>((up) => void server.listen(0, '127.0.0.1', up))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => void (asked = []))
afterAll(() => void server.close())

function weir(args: readonly string[], input = '', isTTY = false): Promise<Ran> {
  return run(args, { isTTY, env: { WEIR_URL: url, WEIR_ADMIN_TOKEN: 'secret', NO_COLOR: '1' } }, input)
}

test('the list says how each tool stands and which server is missing, with everything invisible written out', async () => {
  const { code, stdout } = await weir(['tools'])
  expect(code).toBe(0)
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(/^SERVER +TOOL +EXPOSED AS +STATE +DIGEST +WHY$/),
    expect.stringMatching(/^files +read +files_read +approved +sha256:a{12}$/),
    expect.stringMatching(
      /^files +wr\\u\{200B\}ite +files_wr_ite_0 +changed +sha256:a{12} +it is not what was approved$/,
    ),
    '',
    'mail missing: refused',
    '',
  ])
})

test('the difference is shown without acting on the terminal, and waiting is exit code 3', async () => {
  const { code, stdout } = await weir(['tools', 'diff'])
  expect(code).toBe(3)
  expect(stdout).toContain('~ $.description: "a" -> "b\\u{E0041}\\u001b[8m"')
  expect(stdout).toContain('by ana, 2026-11-28: fine')
  expect((await weir(['tools', 'diff', 'files/read'])).code).toBe(0)
  expect(await weir(['tools', 'diff', 'files/none'])).toMatchObject({ code: 5, stdout: '' })
  expect(JSON.parse((await weir(['tools', 'diff', '--json'])).stdout)).toMatchObject({
    schema: 'weir.tools_diff/v1',
    tools: [{ name: evil.name }],
  })
})

test('approving sends the digest that was shown, after a yes', async () => {
  const name = `files/${evil.name}`
  expect(await weir(['tools', 'approve', name, '--reason', 'x'], 'n\n', true)).toMatchObject({ code: 3 })
  expect(asked).toEqual([])
  const { code, stderr } = await weir(['tools', 'approve', name, '--reason', 'fine'], 'y\n', true)
  expect(code).toBe(0)
  expect(stderr).toContain('$.name holds an invisible character')
  const path = `/api/v1/tools/files/${encodeURIComponent(evil.name)}/approve`
  expect(asked).toEqual([{ path, body: JSON.stringify({ reason: 'fine', digest }) }])
})

test.each([
  [['tools', 'reject', 'files', '--reason', 'x', '--yes'], 2],
  [['tools', 'reject', 'files/read', '--reason', ' ', '--yes'], 2],
  [['tools', 'reject', 'files/read', '--reason', 'x'], 2],
  [['tools', 'lock', '--reason', 'x'], 2],
])('%j changes nothing', async (args, code) => {
  expect((await weir(args)).code).toBe(code)
  expect(asked).toEqual([])
})

test('the lock is written for a reason', async () => {
  const { code, stdout } = await weir(['tools', 'lock', '--reason', 'reviewed', '--yes'])
  expect({ code, stdout }).toEqual({ code: 0, stdout: '2 tools are in /etc/weir/tools.lock.\n' })
  expect(asked).toEqual([{ path: '/api/v1/tools/lock', body: '{"reason":"reviewed"}' }])
})
