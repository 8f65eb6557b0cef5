/** `weir runs` of a gateway elsewhere, against a real admin listener made of node:http: every answer has its exit code and its sentence. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { adminClient } from '../../../src/cli/admin-client.ts'
import { type Ran, run } from './fake-deps.ts'
import { explain } from '../../../src/domain/story/explain.ts'
import { nothingKnown } from '../../../src/domain/story/explanation.ts'
import { foldTree } from '../../../src/domain/story/fold-tree.ts'
import { askingBack, storyOfSketch, storyRun } from '../../support/stories.ts'
import { sampleRun } from './sample-run.ts'

let url = ''
let asked: { method: string; path: string; token: string; body: string }[] = []
const story = storyOfSketch(askingBack(20))
const [odd, moved, bug, none] = ['a', 'b', 'c', 'd'].map((digit) => `run_${digit.repeat(32)}`)
const server = createServer((request, response) => void answer(request, response))

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = ''
  for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString()
  const { method = '', url: path = '', headers } = request
  asked.push({ method, path, token: headers.authorization ?? '', body })
  const problem = (status: number, code: string) =>
    response.writeHead(status).end(JSON.stringify({ title: 'No', status, detail: `because of ${code}`, code }))
  const answers: Readonly<Record<string, () => unknown>> = {
    '/api/v1/runs': () => response.end(JSON.stringify({ schema: 'weir.runs/v1', runs: [sampleRun()], next: null })),
    [`/api/v1/runs/${storyRun}/story`]: () => response.end(JSON.stringify({ schema: 'weir.story/v1', ...story })),
    [`/api/v1/runs/${storyRun}/explain`]: () => response.end(JSON.stringify(explain(story, nothingKnown))),
    [`/api/v1/runs/${storyRun}/tree`]: () => response.end(JSON.stringify(foldTree(story))),
    '/api/v1/runs/run_01/halt': () => response.end(JSON.stringify(sampleRun())),
    '/api/v1/runs/run_over/halt': () => problem(409, 'already_over'),
    '/api/v1/runs/run_mine/halt': () => problem(403, 'not_yours'),
    [`/api/v1/runs/${odd}/story`]: () => response.end('<html>'),
    [`/api/v1/runs/${moved}/story`]: () => response.writeHead(302, { location: '/api/v1/runs' }).end(),
    [`/api/v1/runs/${bug}/story`]: () => problem(500, 'bug'),
    '/api/v1/runs/run_slow': () => undefined,
  }
  if (headers.authorization !== 'Bearer secret') response.writeHead(401).end()
  else (answers[path.replace(/\?.*$/, '')] ?? (() => problem(404, 'not_found')))()
}

beforeAll(async () => {
  await new Promise<void>((up) => void server.listen(0, '127.0.0.1', up))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => void (asked = []))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

function weir(...args: readonly string[]): Promise<Ran> {
  return run(args, { env: { WEIR_URL: `${url}/`, WEIR_ADMIN_TOKEN: 'secret' } })
}

test('runs alone lists them, show shows one, tree draws its calls, explain explains it', async () => {
  expect((await weir('runs')).stdout).toMatch(/^RUN .*\nrun_01 {2}halted/)
  expect((await weir('runs', 'ls', 'cost>1', 'since:2h', '--limit', '7')).stdout).toMatch(/^RUN /)
  expect(asked.at(-1)?.path).toBe('/api/v1/runs?filter=cost%3E1+since%3A2h&limit=7')
  expect((await weir('runs', 'show', storyRun)).stdout).toMatch(/^run_0+1 {2}ENDED/)
  expect(asked.at(-1)?.path).toBe(`/api/v1/runs/${storyRun}/story?last=20`)
  expect((await weir('runs', 'tree', storyRun)).stdout).toMatch(/laps × 18/)
  expect((await weir('runs', 'explain', storyRun)).stdout).toMatch(
    /^loop .*agent:research → agent:orchestrator.* 20 laps/m,
  )
})

test('--json prints one object on one line', async () => {
  const { code, stdout } = await weir('runs', '--json')
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^\{"schema":"weir.run_rows\/v1".*\n$/) as string,
  })
  expect(JSON.parse((await weir('runs', 'show', storyRun, '--json')).stdout)).toEqual({
    schema: 'weir.story/v1',
    ...story,
  })
})

test('the place and the token come from the configuration unless the environment names them', async () => {
  const seen: string[] = []
  const admin = (path: string) => Promise.resolve({ url, token: seen.push(path) === 1 ? 'secret' : 'wrong' })
  const halt = ['runs', 'halt', 'run_01', '--reason', 'x', '--yes']
  expect((await run([...halt, '-c', 'a.yaml'], { admin })).code).toBe(0)
  expect((await run(halt, { admin })).code).toBe(4)
  expect(seen).toEqual(['a.yaml', 'weir.yaml'])
  expect((await run(['runs'], { env: { WEIR_URL: url } })).code).toBe(2)
  expect((await run(['runs'], { env: { WEIR_URL: 'ftp://x', WEIR_ADMIN_TOKEN: 'x' } })).code).toBe(2)
})

test('halt needs a yes where nobody can be asked, and carries the reason', async () => {
  expect(await weir('runs', 'halt', 'run_01', '--reason', 'loop')).toMatchObject({ code: 2, stdout: '' })
  expect(asked).toEqual([])
  const { code, stdout } = await weir('runs', 'halt', 'run_01', '--reason', ' loop ', '--yes')
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^run_01/) as string })
  expect(asked).toMatchObject([{ method: 'POST', token: 'Bearer secret', body: '{"reason":"loop"}' }])
  expect((await weir('runs', 'halt', 'run_01', '--reason', ' ', '--yes')).code).toBe(2)
})

test('on a terminal halt asks once, and anything but yes changes nothing', async () => {
  const fakes = { isTTY: true, env: { WEIR_URL: url, WEIR_ADMIN_TOKEN: 'secret', NO_COLOR: '1' } }
  const halt = ['runs', 'halt', 'run_01', '--reason', 'loop']
  expect(await run(halt, fakes, '\n')).toMatchObject({ code: 3, stderr: expect.stringContaining('[y/N]') as string })
  expect(asked).toEqual([])
  expect((await run(halt, fakes, 'y\n')).code).toBe(0)
})

test.each([
  [['runs', 'show', `${none}`], 5, 'because of not_found'],
  [['runs', 'show', '../../x'], 2, 'is no id of a run'],
  [['runs', 'ls', '--limit', '0'], 2, 'from 1 to 1000'],
  [['runs', 'halt', 'run_over', '--reason', 'x', '--yes'], 3, 'because of already_over'],
  [['runs', 'halt', 'run_mine', '--reason', 'x', '--yes'], 6, 'because of not_yours'],
  [['runs', 'show', `${bug}`], 1, 'because of bug'],
  [['runs', 'show', `${odd}`], 1, 'not like the admin listener of Weir'],
  [['runs', 'show', `${moved}`], 7, 'No gateway answers'],
])('%j ends with %i and says %s', async (args, code, text) => {
  const ran = await weir(...args)
  expect(ran).toEqual({ code, stdout: '', stderr: expect.stringContaining(text) as string })
})

test('a gateway that is not there is 7 and one that does not answer is 8', async () => {
  const env = { WEIR_URL: 'http://127.0.0.1:1', WEIR_ADMIN_TOKEN: 'secret' }
  expect(await run(['runs'], { env })).toMatchObject({
    code: 7,
    stderr: expect.stringContaining('weir serve') as string,
  })
  expect(await adminClient({ url, token: 'secret' }, 50).showRun('run_slow')).toMatchObject({ exit: 'timeout' })
})
