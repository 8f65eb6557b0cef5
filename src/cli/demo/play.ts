/** Plays one act: a fresh gateway, the first call, a look at the run ten times a second, and how it ended. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import { type AdminClient, adminClient } from '../admin-client.ts'
import type { Alert, RunDetail } from '../admin-api.ts'
import type { AdminPlace } from '../deps.ts'
import { type CliProblem, isProblem, problem } from '../exit-codes.ts'
import { type Act, configOf } from './acts.ts'
import { type Answered, callThroughWeir } from './agents/call.ts'
import type { Child } from './children.ts'
import type { Stage } from './stage.ts'

/** How an act went. */
export interface Played {
  readonly act: Act
  readonly run: RunDetail
  readonly alert: Alert | null
  /** What the person in front of the console was told. */
  readonly answer: Answered
  readonly admin: AdminPlace & { readonly tokenFile: string }
  /** Its gateway, still running. */
  readonly gateway: Child
  readonly configPath: string
}

const look_ms = 100
/** An operator who happens to look stops the loop after this many laps or this long, whichever comes first. */
const laps_max = 20
const patience_ms = 6000
/** No act takes longer than this, whatever happens. */
const act_timeout_ms = 18_000
const alert_timeout_ms = 5000
const settle_timeout_ms = 5000

export async function playAct(
  act: Act,
  stage: Stage,
  clock: Clock,
  onLook: (run: RunDetail) => void,
): Promise<Played | CliProblem> {
  const gateway = await startGateway(act, stage)
  if (isProblem(gateway)) return gateway
  const { orchestrator, research } = stage.setting.keys
  stage.agents.orchestrator.tell({ weir: gateway.data, key: orchestrator })
  stage.agents.research.tell({ weir: gateway.data, key: research })

  const told: { answer: Answered | null } = { answer: null }
  void callThroughWeir(
    { weir: gateway.data, key: stage.setting.keys.console, txnToken: undefined },
    'orchestrator',
    'the price of copper',
  ).then((answer) => Object.assign(told, { answer }))

  const admin = adminClient(gateway.admin)
  const startedAt = clock.monotonic()
  let halted = false
  for (let id: string | null = null; told.answer === null; await sleep(look_ms)) {
    const waited_ms = clock.monotonic() - startedAt
    if (waited_ms > act_timeout_ms) return problem('timeout', `Act ${act.act} took longer than it may.`)
    id ??= await newestRun(admin)
    const run = id === null ? null : await admin.showRun(id)
    if (run === null || isProblem(run)) continue
    onLook(run)
    const enough = act.endedBy === 'operator' && (run.laps >= laps_max || waited_ms > patience_ms)
    if (enough && !halted) await admin.haltRun(run.id, 'demo: nobody else would have')
    halted ||= enough
  }
  return epilogue(act, stage, { admin, gateway, answer: told.answer })
}

interface Ended {
  readonly admin: AdminClient
  readonly gateway: Gateway
  readonly answer: Answered
}

async function epilogue(act: Act, stage: Stage, ended: Ended): Promise<Played | CliProblem> {
  const list = await ended.admin.listRuns()
  if (isProblem(list)) return list
  const id = list.runs[0]?.id
  if (id === undefined)
    return problem('failed', `Act ${act.act} started no run; the console was told: ${ended.answer.text}`)
  const run = await settled(ended.admin, id)
  if (isProblem(run)) return run
  const alert = act.endedBy === 'limit' ? await stage.webhook.alertOf(id, alert_timeout_ms) : null
  const { admin, child, configPath } = ended.gateway
  return { act, run, alert, answer: ended.answer, admin, gateway: child, configPath }
}

/** Once what was aborted has ended, so that what it held is what it cost. */
async function settled(admin: AdminClient, id: string): Promise<RunDetail | CliProblem> {
  for (let waited_ms = 0; ; waited_ms += look_ms) {
    const run = await admin.showRun(id)
    if (isProblem(run) || run.open === 0 || waited_ms >= settle_timeout_ms) return run
    await sleep(look_ms)
  }
}

async function newestRun(admin: AdminClient): Promise<string | null> {
  const list = await admin.listRuns()
  return isProblem(list) ? null : (list.runs[0]?.id ?? null)
}

interface Gateway {
  readonly child: Child
  readonly data: string
  readonly admin: Played['admin']
  readonly configPath: string
}

async function startGateway(act: Act, stage: Stage): Promise<Gateway | CliProblem> {
  const dir = join(stage.dir, `act-${act.act}`)
  const stateDir = join(dir, 'state')
  const file = join(dir, 'weir.yaml')
  await mkdir(dir, { recursive: true })
  await writeFile(file, configOf(act, stage.setting, stateDir), { mode: 0o600 })
  const child = await stage.children.start(stage.weir, ['serve', '--config', file])
  if (isProblem(child)) return child
  const { data, admin } = child.ready
  if (typeof data !== 'string' || typeof admin !== 'string')
    return problem('failed', 'The gateway started but did not say where it listens.')
  const tokenFile = join(stateDir, 'admin.token')
  const token = await readFile(tokenFile, 'utf8').catch(() => null)
  if (token === null) return problem('failed', `The gateway started but wrote no ${tokenFile}.`)
  return { child, data, admin: { url: admin, token: token.trim(), tokenFile }, configPath: file }
}
