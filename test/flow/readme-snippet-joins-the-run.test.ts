/** The README's client, as it is printed there, is what an agent runs when it serves a call. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import type { RunView } from '../support/admin-views.ts'
import { say } from '../support/caller.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, keyOf, startWeir } from '../support/weir.ts'

const root = join(import.meta.dirname, '..', '..')

/** The snippet with a last line that calls it, in a folder from which the SDK is found. */
function snippetFile(): string {
  mkdirSync(join(root, '.weir'), { recursive: true })
  const dir = mkdtempSync(join(root, '.weir', 'readme-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const [, snippet = ''] = /^```ts\n(.*?)^```/ms.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
  const path = join(dir, 'agent.ts')
  writeFileSync(path, `${snippet}\nconsole.log(JSON.stringify(await askResearch('copper', process.argv[2] ?? '')))\n`)
  return path
}

test('an agent that is written like the README and serves two runs at once calls on in the right one', async () => {
  const script = snippetFile()
  let url = ''
  const research = await startScriptedAgent(() => completedTask('the price of copper'))
  // Both calls are open before either goes on, so that only the token tells the two runs apart.
  const both = Promise.withResolvers<void>()
  let serving = 0
  const orchestrator = await startScriptedAgent(async ({ headers }) => {
    serving += 1
    if (serving === 2) both.resolve()
    await both.promise
    const env = { ...process.env, WEIR_URL: url, WEIR_KEY: keyOf('orchestrator') }
    const { stdout } = await promisify(execFile)(process.execPath, [script, String(headers['txn-token'])], { env })
    return completedTask(stdout)
  })
  const weir = await startWeir({
    gateway: { public_url: undefined },
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('orchestrator')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url: orchestrator.url },
      research: { url: research.url, groups: ['subagents'] },
    },
  })
  onTestFinished(async () => {
    await Promise.all([weir.stop(), orchestrator.stop(), research.stop()])
  })
  url = weir.url
  const [one, other] = await Promise.all([1, 2].map(() => say(weir, { from: 'console', to: 'orchestrator' })))
  expect(one?.text).toContain('the price of copper')
  expect(other?.text).toContain('the price of copper')
  const { runs } = await weir.ask<{ readonly runs: readonly RunView[] }>('/api/v1/runs')
  const run = { root: 'agent:console', person: 'user:tomas', calls: 2, depth_max: 2 }
  expect(runs).toMatchObject([run, run])
})
