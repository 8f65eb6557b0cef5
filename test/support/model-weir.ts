/** Weir between the SDKs of models and a provider that records, open to everybody unless a test says otherwise. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SdkDoor } from './model-sdk.ts'
import { type RecordingProvider, startRecordingProvider } from './recording-provider.ts'
import { apiKey, keyOf, startWeir, type Weir, type WeirConfig } from './weir.ts'

const open = join(import.meta.dirname, '../../config/policy-open')

/** What a key of ours at the recording provider is. */
export const providerKey = 'sk-of-the-operator'

/** Names that lead to the recording provider without its slug in front. */
const names = ['echo', 'loop', 'cut', 'cut-quiet', 'error-400']

export interface ModelWeir {
  readonly weir: Weir
  readonly provider: RecordingProvider
  door(agent: string, headers?: Readonly<Record<string, string>>): SdkDoor
  stop(): Promise<void>
}

export interface ModelWorld {
  /** Agents that may start runs, and what else is in their rows. */
  readonly agents: Readonly<Record<string, object>>
  /** Further providers. */
  readonly providers?: Readonly<Record<string, object>>
  /** What one model of the recording provider costs; unknown where it is not given. */
  readonly price?: object
  /** Policies beside those that allow everything. */
  readonly forbids?: string
  readonly config?: WeirConfig
}

export async function startModelWeir({ agents, providers, price, forbids, config }: ModelWorld): Promise<ModelWeir> {
  const provider = await startRecordingProvider()
  const policy = mkdtempSync(join(tmpdir(), 'weir-policy-'))
  cpSync(open, policy, { recursive: true })
  if (forbids !== undefined) writeFileSync(join(policy, 'forbids.cedar'), forbids)
  const models = Object.fromEntries(names.map((name) => [name, price === undefined ? {} : { price }]))
  const keys = [{ key: providerKey }]
  const rows = Object.entries(agents).map(([slug, row]) => [slug, { may_start_runs: true, ...row }] as const)
  const weir = await startWeir({
    ...config,
    policy: { dir: policy },
    identity: { api_keys: Object.keys(agents).map((slug) => apiKey(slug, 'tomas')) },
    agents: Object.fromEntries(rows),
    models: {
      providers: {
        openai: { api: 'openai', url: provider.v1, keys, models, prices_as: 'nobody' },
        anthropic: { api: 'anthropic', url: provider.url, keys, models, prices_as: 'nobody' },
        fake: { api: 'fake' },
        ...providers,
      },
    },
  })
  return {
    weir,
    provider,
    door: (agent, headers = {}) => ({ url: weir.url, key: keyOf(agent), headers }),
    async stop() {
      await weir.stop()
      await provider.stop()
      rmSync(policy, { recursive: true, force: true })
    },
  }
}
