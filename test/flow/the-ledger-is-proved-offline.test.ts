/** What an auditor does with a ledger: computes it again, looks into it, takes records along and checks them without Weir. */
import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { say } from '../support/caller.ts'
import { weirCommand } from '../support/command-line.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'
import { tempFolder } from '../unit/ledger/folder.ts'

let agent: ScriptedAgent
let weir: Weir
let hop = ''
let run = ''
/** A bundle of the run. */
let whole = ''
const calls = 300

beforeAll(async () => {
  agent = await startScriptedAgent(() => completedTask('done'))
  weir = await startWeir({
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('stranger')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      stranger: {},
      orchestrator: { url: agent.url },
    },
  })
  const first = await say(weir, { from: 'console', to: 'orchestrator' })
  hop = first.headers.get('weir-hop-id') ?? ''
  run = first.headers.get('weir-run-id') ?? ''
  const joined = { from: 'console', to: 'orchestrator', headers: { 'weir-run-id': run } }
  for (let done = 0; done < calls; done += 20) await Promise.all(Array.from({ length: 20 }, () => say(weir, joined)))
  await say(weir, { from: 'stranger', to: 'orchestrator' })
  await ledgerOf(weir)
  await sealed()
  whole = join(weir.directory, 'whole')
  await audit('export', `run:${run}`, '--out', whole)
})

afterAll(async () => {
  await weir.stop()
  await agent.stop()
})

const config = (): string => join(weir.directory, 'weir.yaml')

function audit(...words: readonly string[]) {
  const [verb = '', ...rest] = words
  return weirCommand(['audit', verb, '--config', config(), ...rest]).ended
}

/** Waits until the newest checkpoint counts everything that was written. */
async function sealed(): Promise<void> {
  const end = performance.now() + 30_000
  const unsealed = async (): Promise<number> =>
    (JSON.parse((await audit('verify', '--json')).stdout) as { unsealed: number }).unsealed
  while ((await unsealed()) > 0) if (performance.now() > end) throw new Error('the ledger was not sealed in time')
}

function check(bundle: string, ...more: readonly string[]) {
  const { status, stdout, stderr } = spawnSync('node', [join(bundle, 'verify-log.mjs'), bundle, ...more], {
    encoding: 'utf8',
  })
  return { status, said: stdout + stderr }
}

/** A bundle of everything in a folder of its own. */
async function bundleOf(...more: readonly string[]): Promise<string> {
  const out = join(tempFolder(), 'bundle')
  const ended = await audit('export', ...more, '--out', out)
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  return out
}

test('the ledger of a gateway that runs is verified, and says what was read', async () => {
  const ended = await audit('verify')
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(ended.stdout).toMatch(/verified\n$/)
})

test('one command shows a record by its hop: for whom, through which chain, by which policies, and its proof', async () => {
  const ended = await audit('show', hop)
  expect(ended.code).toBe(0)
  for (const part of ['holds:', 'user:tomas', 'agent:console', 'agent:orchestrator', 'allowed', 'answered'])
    expect(ended.stdout).toContain(part)
})

test('records are found by the one filter grammar', async () => {
  const ended = await audit('find', 'decision:deny', 'agent:stranger', '--json')
  expect(JSON.parse(ended.stdout)).toMatchObject({
    found: 1,
    records: [{ entry: { kind: 'call', code: 'policy_denied' } }],
  })
  const wrong = await audit('find', 'agnet:stranger')
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).toContain('agent')
})

test('a bundle is verified by its own verifier with nothing but Node', async () => {
  const checked = check(whole)
  expect(checked.said).toMatch(/verified\n$/)
  expect(checked.status).toBe(0)
  const lines = readFileSync(join(whole, 'records.jsonl'), 'utf8').trim().split('\n')
  expect(lines.length).toBeGreaterThan(2 * calls)
})

test.each([
  ['a record', 'records.jsonl', (text: string) => text.replace('agent:orchestrator', 'agent:orchestratos')],
  ['the number of a record', 'records.jsonl', (text: string) => text.replace('"seq":', '"seq":1')],
  ['the checkpoint', 'checkpoint', (text: string) => text.replace(/^\d+$/m, (size) => String(Number(size) + 1))],
  ['the keys', 'keys.json', (text: string) => text.replace(/"x":"./g, '"x":"A')],
  ['the statement', 'statement.dsse.json', (text: string) => text.replace(/"sig": "./, '"sig": "A')],
  ['an earlier checkpoint', 'consistency.json', (text: string) => text.replace(/\\n\d+\\n/, '\\n1\\n')],
])('a bundle with %s changed is refused', async (_what, file, change) => {
  const bundle = join(tempFolder(), 'changed')
  cpSync(whole, bundle, { recursive: true })
  const path = join(bundle, file)
  const before = readFileSync(path, 'utf8')
  const after = change(before)
  expect(after).not.toBe(before)
  writeFileSync(path, after)
  const { status, said } = check(bundle)
  expect(status).toBe(1)
  expect(said).toContain('BROKEN')
})

test('a checkpoint kept elsewhere is proved to be gone on from, and one of another log is not', async () => {
  const kept = join(tempFolder(), 'kept')
  writeFileSync(kept, (await audit('checkpoint')).stdout)
  await say(weir, { from: 'console', to: 'orchestrator' })
  await ledgerOf(weir)
  await sealed()
  const bundle = await bundleOf('kind:run', '--checkpoint', kept)
  expect(check(bundle, '--checkpoint', kept)).toMatchObject({ status: 0 })
  expect((await audit('verify', '--checkpoint', kept)).code).toBe(0)
  const forged = join(tempFolder(), 'forged')
  writeFileSync(
    forged,
    readFileSync(kept, 'utf8').replace(/\n.{44}\n/, `\n${Buffer.alloc(32, 7).toString('base64')}\n`),
  )
  expect(check(bundle, '--checkpoint', forged)).toMatchObject({ status: 1 })
})

test('one flipped bit in the ledger is named with its record, its file and its place', async () => {
  const state = join(tempFolder(), 'copy')
  spawnSync('cp', ['-a', weir.directory, state])
  const copied = join(state, 'weir.yaml')
  writeFileSync(copied, readFileSync(config(), 'utf8').replaceAll(weir.directory, state))
  const ledger = join(state, 'state', 'ledger')
  const segment = join(
    ledger,
    readdirSync(ledger)
      .filter((name) => name.endsWith('.wlog'))
      .toSorted()[0] ?? '',
  )
  const bytes = readFileSync(segment)
  const place = Math.floor(bytes.length / 2)
  bytes[place] = (bytes[place] ?? 0) ^ 1
  writeFileSync(segment, bytes)
  const ended = await weirCommand(['audit', 'verify', '--config', copied]).ended
  expect(ended).toMatchObject({ code: 3, stderr: '' })
  expect(ended.stdout).toMatch(/not verified; the first record concerned is \d+/)
})

test('records leave as lines for a SIEM: OCSF with what the schema requires, CEF, JSONL', async () => {
  const folder = tempFolder()
  for (const format of ['ocsf', 'cef', 'jsonl'])
    expect(await audit('export', `run:${run}`, '--format', format, '--out', join(folder, format))).toMatchObject({
      code: 0,
    })
  const lines = (name: string): readonly string[] => readFileSync(join(folder, name), 'utf8').trim().split('\n')
  for (const line of lines('ocsf')) {
    const event = JSON.parse(line) as Record<string, unknown>
    for (const required of ['activity_id', 'category_uid', 'class_uid', 'metadata', 'severity_id', 'time', 'type_uid'])
      expect(event).toHaveProperty(required)
  }
  expect(lines('cef').every((line) => line.startsWith('CEF:0|Weir|Weir|'))).toBe(true)
  // The run may end by itself between two exports.
  const calls = lines('ocsf').length
  expect([calls, calls + 1]).toContain(lines('jsonl').length)
  expect(await audit('export', '--out', join(folder, 'ocsf'))).toMatchObject({ code: 3 })
})

test('a hold is placed, listed and released by name', async () => {
  expect(await audit('hold')).toMatchObject({ code: 2 })
  const hold = (...words: readonly string[]) => weirCommand(['audit', 'hold', ...words, '--config', config()]).ended
  expect(await hold('add', 'case-7', '--reason', 'litigation', '--run', run)).toMatchObject({ code: 0 })
  expect((await hold('ls')).stdout).toContain('case-7')
  expect(await hold('release', 'case-7')).toMatchObject({ code: 0, stdout: 'Nothing is held.\n' })
  expect(await hold('release', 'case-7')).toMatchObject({ code: 5 })
})
