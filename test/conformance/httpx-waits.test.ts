/** Python's httpx as it ships, which gives up after five seconds without a byte: what the A2A SDK for Python is built on. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { posting } from '../support/matrix-wire.ts'
import { type MatrixWorld, startMatrixWorld } from '../support/matrix-world.ts'
import { keyOf } from '../support/weir.ts'

let world: MatrixWorld

beforeAll(async () => {
  world = await startMatrixWorld()
})

afterAll(() => world.stop())

const unary = `
import httpx, sys
url, key, body = sys.argv[1:4]
headers = {"authorization": "Bearer " + key, "content-type": "application/json", "a2a-version": "1.0"}
print(httpx.post(url, headers=headers, content=body).text)
`
const stream = `
import httpx, sys
url, key, body = sys.argv[1:4]
headers = {"authorization": "Bearer " + key, "content-type": "application/json", "a2a-version": "1.0"}
with httpx.stream("POST", url, headers=headers, content=body) as answer:
    for line in answer.iter_lines():
        print(line)
`

const python = promisify(execFile)

async function run(script: string, url: string, operation: 'send' | 'stream'): Promise<string> {
  const { body } = posting('1.0 JSON-RPC', { operation, text: 'silent' })
  return (await python('/usr/bin/python3', ['-c', script, url, keyOf('console'), body])).stdout
}

test('httpx waits for an agent that is silent for six seconds, and does not without Weir', async () => {
  const through = world.base('rpc10')
  const [answer, events, bare] = await Promise.all([
    run(unary, through, 'send'),
    run(stream, through, 'stream'),
    run(unary, world.agent('rpc10').url, 'send').catch(String),
  ])
  expect(answer).toContain('awake')
  expect(events).toContain('awake')
  expect(bare).toContain('ReadTimeout')
})
