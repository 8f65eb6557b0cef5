/**
 * Five agents in a row before a real gateway: a person logs in, the console exchanges that for a token, and each agent
 * calls the next. The last one calls somebody whom the authority it was handed does not hold, so one hop is refused.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunView } from './admin-views.ts'
import { say, type Said } from './caller.ts'
import { jwtKey } from './jwt-key.ts'
import { policyOpen } from './loop.ts'
import { completedTask, startScriptedAgent } from './scripted-agent.ts'
import { apiKey, keyOf, startWeir, type Weir } from './weir.ts'

const row = ['planner', 'research', 'writer', 'checker'] as const
const login = 'https://login.example'
const tokenType = 'urn:ietf:params:oauth:token-type'

export interface Office {
  readonly weir: Weir
  readonly config: string
  readonly run: string
  /** A later run, which the console starts for nobody and in which the writer calls the checker twice. */
  readonly other: string
  /** `weir-hop-id` of the call that was refused. */
  readonly refused: string
  /** What `weir hop` said of it while every call of its chain was still open. */
  readonly during: Ended
}

/** Plays it once and stops the gateway: evidence is read from what it left behind. */
export async function playOffice(): Promise<Office> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-evidence-'))
  const config = join(directory, 'weir.yaml')
  const key = jwtKey('ES256', 'login')
  writeFileSync(join(directory, 'login.jwks'), JSON.stringify({ keys: [key.jwk] }))
  let weir: Weir | null = null
  const stops: (() => Promise<void>)[] = []
  let refused = ''
  let calls = 1
  let during: Ended | null = null
  const pass = async (from: string, to: string, token: string): Promise<Said> => {
    if (!weir) throw new Error('the gateway does not run yet')
    if (from !== 'research') return await say(weir, { from, to, headers: { 'txn-token': token } })
    const narrowed = await exchange(weir, from, to, { token, type: `${tokenType}:access_token` })
    return await say(weir, { from, to, authorization: `Bearer ${narrowed}` })
  }
  const agents = await Promise.all(
    row.map(async (name, at) => {
      const next = row[at + 1] ?? 'archive'
      const agent = await startScriptedAgent(async ({ headers }) => {
        const token = String(headers['txn-token'])
        const said = await pass(name, next, token)
        for (let again = name === 'writer' ? calls : 1; again > 1; again -= 1) await pass(name, next, token)
        if (said.body.error && during === null) {
          refused = said.headers.get('weir-hop-id') ?? ''
          during = await hopSoon(refused, config)
        }
        return completedTask(`${name} is done`)
      })
      stops.push(async () => await agent.stop())
      return [name, { url: agent.url }] as const
    }),
  )
  const people = { issuer: login, jwks: 'file:login.jwks', algorithms: ['ES256'], clients: { portal: 'console' } }
  const running = await startWeir(
    {
      identity: {
        api_keys: ['console', ...row].map((name) => apiKey(name)),
        people: [{ ...people, person_claim: 'preferred_username' }],
      },
      agents: {
        console: { may_start_runs: true },
        archive: { url: 'http://127.0.0.1:9/' },
        ...Object.fromEntries(agents),
      },
      policy: { dir: policyOpen },
    },
    directory,
  )
  weir = running
  const now_s = Math.floor(Date.now() / 1000)
  const who = { sub: '7f3a', preferred_username: 'tomas', acr: 'aal2', amr: ['hwk', 'user'], nonce: 'n' }
  const times = { iat: now_s, exp: now_s + 600, auth_time: now_s - 60 }
  const idToken = key.sign({ typ: 'JWT' }, { iss: login, aud: 'portal', ...who, ...times })
  const token = await exchange(running, 'console', 'planner', { token: idToken, type: `${tokenType}:id_token` })
  const said = await say(running, { from: 'console', to: 'planner', authorization: `Bearer ${token}` })
  calls = 2
  await say(running, { from: 'console', to: 'planner' })
  if (said.status !== 200 || !during) throw new Error(said.text)
  const { runs } = await running.ask<{ readonly runs: readonly RunView[] }>('/api/v1/runs')
  await running.kill('SIGTERM')
  await Promise.all(stops.map(async (stop) => await stop()))
  const [other, run] = runs.map(({ id }) => id)
  return { weir: running, config, run: run ?? '', other: other ?? '', refused, during }
}

/** A record is on its way to the disk for some milliseconds. */
async function hopSoon(hop: string, config: string): Promise<Ended> {
  const ends = Date.now() + 20_000
  for (;;) {
    const ended = await runWeir('hop', hop, '--config', config)
    if (ended.code === 0 || Date.now() > ends) return ended
  }
}

interface Shown {
  readonly token: string
  readonly type: string
}

/** A call token of one agent for one other, with nothing but calling it in its authority. */
async function exchange(weir: Weir, from: string, to: string, { token, type }: Shown): Promise<string> {
  const authorization_details = JSON.stringify([{ type: 'agent_invoke', targets: row }])
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: token,
    subject_token_type: type,
    resource: `http://weir.test/a2a/${to}`,
    ...(from === 'console' ? {} : { authorization_details }),
  }
  const answer = await fetch(`${weir.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Bearer ${keyOf(from)}` },
    body: new URLSearchParams(form),
  })
  const body = (await answer.json()) as { readonly access_token?: string }
  if (body.access_token === undefined) throw new Error(JSON.stringify(body))
  return body.access_token
}

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs Node on a script until it ends, at most 30 seconds. */
export async function runNode(cwd: string, ...args: readonly string[]): Promise<Ended> {
  return await new Promise((resolve) => {
    const options = { cwd, timeout: 30_000, killSignal: 'SIGKILL', maxBuffer: 16_777_216 } as const
    execFile(process.execPath, [...args], options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr })
    })
  })
}

/** `weir`, as it is typed. */
export async function runWeir(...args: readonly string[]): Promise<Ended> {
  return await runNode('.', join(import.meta.dirname, '..', '..', 'src/main.ts'), ...args)
}
