/** The guide to tokens, as it is printed there, gets tokens: its shell, its configuration and its client. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { decodeJwt } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { say } from '../support/caller.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, keyOf, startWeir } from '../support/weir.ts'

const root = join(import.meta.dirname, '..', '..')
const guide = readFileSync(join(root, 'docs/guides/get-a-token.md'), 'utf8')
const run = promisify(execFile)

function blocks(language: string): readonly string[] {
  return [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map((found) => found[1] ?? '')
}

/** A folder from which the packages are found. */
function folder(): string {
  mkdirSync(join(root, '.weir'), { recursive: true })
  const dir = mkdtempSync(join(root, '.weir', 'guide-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** What the guide has an operator write. */
interface Written {
  readonly agents: Readonly<Record<'orchestrator' | 'console', { readonly client: object }>>
  readonly identity: { readonly people: readonly object[] }
}

test('an agent made by the guide exchanges its token and calls on, and curl gets one for itself', async () => {
  const dir = folder()
  const [makeKey = '', useCurl = ''] = blocks('sh')
  const [forAgent, forPerson] = blocks('yaml').map((text) => parse(text) as Written)
  const [snippet = ''] = blocks('ts')
  for (const name of ['orchestrator', 'console'])
    await run('sh', ['-ec', makeKey.replaceAll('orchestrator', name)], { cwd: dir })
  writeFileSync(
    join(dir, 'agent.ts'),
    `${snippet}\nconsole.log(await ask('research', 'copper?', process.argv[2] ?? ''))\n`,
  )
  const client = forAgent?.agents.orchestrator.client
  let env: NodeJS.ProcessEnv = {}
  const orchestrator = await startScriptedAgent(async ({ headers }) => {
    const { stdout } = await run(process.execPath, ['agent.ts', String(headers['txn-token'])], { cwd: dir, env })
    return completedTask(stdout)
  })
  const research = await startScriptedAgent(() => completedTask('the price of copper'))
  const weir = await startWeir(
    {
      gateway: { public_url: undefined },
      identity: { api_keys: [apiKey('console', 'tomas'), apiKey('orchestrator')], ...forPerson?.identity },
      agents: {
        console: { ...forPerson?.agents.console },
        orchestrator: { url: orchestrator.url, may_start_runs: true, client: { ...client, autonomous: true } },
        research: { url: research.url, groups: ['subagents'] },
      },
    },
    dir,
  )
  onTestFinished(async () => {
    await Promise.all([weir.stop(), orchestrator.stop(), research.stop()])
  })
  env = { ...process.env, WEIR_URL: weir.url, WEIR_KEY: keyOf('orchestrator') }
  const said = await say(weir, { from: 'console', to: 'orchestrator' })
  expect(said.text).toContain('the price of copper')

  const { stdout } = await run('sh', ['-ec', useCurl], { env })
  const token = JSON.parse(stdout) as { readonly access_token: string; readonly token_type: string }
  expect(token.token_type).toBe('Bearer')
  expect(decodeJwt(token.access_token)).toMatchObject({ sub: 'agent:orchestrator', sub_profile: 'service' })
})
