/** The three acts as a table, and the configuration file that each one runs on. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Dice } from '../../base/dice.ts'

export interface Act {
  readonly act: 1 | 2 | 3
  readonly title: string
  /** A folder below `config/`. */
  readonly policy: 'policy' | 'policy-open'
  readonly limits: Readonly<Record<string, unknown>>
  /** Who ends it. */
  readonly endedBy: 'operator' | 'limit' | 'policy'
}

const depthLimit = { run: { depth_max: 5 } }

export const acts: readonly Act[] = [
  {
    act: 1,
    title: 'Everything is allowed and every limit only watches',
    policy: 'policy-open',
    limits: { mode: 'shadow', on_breach: 'halt', ...depthLimit },
    endedBy: 'operator',
  },
  {
    act: 2,
    title: 'The same limits, enforced: a run is at most five calls deep',
    policy: 'policy-open',
    limits: { mode: 'enforce', on_breach: 'halt', ...depthLimit },
    endedBy: 'limit',
  },
  {
    act: 3,
    title: 'No limits, but a policy: research may not call its caller back',
    policy: 'policy',
    limits: { mode: 'shadow' },
    endedBy: 'policy',
  },
]

/** The API key of each agent, in the form `wk_<id>_<secret>`. */
export interface DemoKeys {
  readonly console: string
  readonly orchestrator: string
  readonly research: string
}

export function mintKeys(dice: Dice): DemoKeys {
  const key = (id: string): string => `wk_${id}_${dice.hex(24)}`
  return { console: key('console'), orchestrator: key('orchestrator'), research: key('research') }
}

/** What is the same in all acts. */
export interface Setting {
  /** The repository or package, which holds `config/`. */
  readonly root: string
  /** URLs of the running agents. */
  readonly agents: { readonly orchestrator: string; readonly research: string }
  readonly keys: DemoKeys
  readonly webhook: { readonly url: string; readonly secret: string }
}

/** The file of an act, as JSON, which is YAML too. Port 0 lets the gateway choose and say where it listens. */
export function configOf(act: Act, setting: Setting, stateDir: string): string {
  const agent = (url: string, groups: readonly string[], more: object = {}): object => ({
    url,
    team: 'insights',
    owner: 'user:ana',
    versions: ['1.0', '0.3'],
    groups,
    ...more,
  })
  const { agents, keys, webhook } = setting
  const config = {
    gateway: { listen: '127.0.0.1:0', admin_listen: '127.0.0.1:0', environment: 'dev' },
    state: { dir: stateDir },
    identity: {
      api_keys: [
        { id: 'console', agent: 'console', sha256: sha256(keys.console), person: 'tomas' },
        { id: 'orchestrator', agent: 'orchestrator', sha256: sha256(keys.orchestrator) },
        { id: 'research', agent: 'research', sha256: sha256(keys.research) },
      ],
    },
    agents: {
      // The app that people use: it only calls, so nothing listens behind its address.
      console: agent('http://127.0.0.1:9/', ['entrypoints'], { may_start_runs: true }),
      orchestrator: agent(agents.orchestrator, [], { price: { call_micros: 30_000, call_tokens: 1200 } }),
      research: agent(agents.research, ['subagents'], { price: { call_micros: 20_000, call_tokens: 1500 } }),
    },
    teams: { insights: {} },
    policy: { dir: join(setting.root, 'config', act.policy) },
    limits: act.limits,
    alerts: { webhooks: [{ url: webhook.url, secret: webhook.secret }] },
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
