/** Everything the three acts share: a folder, the agents as processes, their keys, the pager; struck in one place. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { moduleUrl } from '../../base/module-url.ts'
import type { Dice } from '../../base/dice.ts'
import { type CliProblem, isProblem } from '../exit-codes.ts'
import { mintKeys, type Setting } from './acts.ts'
import { type Child, Children } from './children.ts'
import { openWebhook, type Webhook } from './webhook.ts'

export interface Stage {
  readonly dir: string
  readonly setting: Setting
  readonly children: Children
  readonly agents: { readonly orchestrator: Child; readonly research: Child }
  readonly webhook: Webhook
  /** The script that `weir` is: source or compiled, as this file is. */
  readonly weir: string
}

/** The script to start: the source, or beside a compiled file its compiled neighbour. */
function scriptAt(source: `${string}.ts`): string {
  return fileURLToPath(moduleUrl(source, import.meta.url))
}

/** Sets the stage; `struck` undoes it, also when only half of it was set. */
export async function setStage(dice: Dice, struck: AsyncDisposableStack): Promise<Stage | CliProblem> {
  const dir = await mkdtemp(join(tmpdir(), 'weir-demo-'))
  struck.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }))
  const children = struck.use(new Children())
  const secret = dice.hex(32)
  const webhook = struck.use(await openWebhook(secret))
  const [orchestrator, research] = await Promise.all([
    children.start(scriptAt('./agents/orchestrator.ts')),
    children.start(scriptAt('./agents/research.ts')),
  ])
  if (isProblem(orchestrator)) return orchestrator
  if (isProblem(research)) return research
  const setting = {
    root: join(import.meta.dirname, '..', '..', '..'),
    agents: { orchestrator: String(orchestrator.ready['url']), research: String(research.ready['url']) },
    keys: mintKeys(dice),
    webhook: { url: webhook.url, secret },
  }
  const weir = scriptAt('../../main.ts')
  return { dir, setting, children, agents: { orchestrator, research }, webhook, weir }
}
