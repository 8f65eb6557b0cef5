/** The official client behind a real Weir: every scenario's server becomes a tool server of it, and a person follows its links. */
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { Scene, Way } from './mcp-client-scenarios.ts'
import { apiKey, keyOf, metricOf, startWeir, type Weir, type WeirConfig, writeConfig } from './weir.ts'

const policy = `
@id("suite.use") permit(principal, action == Weir::Action::"useServer", resource);
@id("suite.call") permit(principal, action == Weir::Action::"callTool", resource);
@id("suite.start") permit(principal, action == Weir::Action::"startRun", resource);
`

export interface ClientSide extends AsyncDisposable {
  /** Puts the server of a scenario behind Weir. */
  open(scene: Scene): Promise<Way>
  log(): string
}

export async function startClientSide(): Promise<ClientSide> {
  const dir = mkdtempSync(join(tmpdir(), 'weir-client-policy-'))
  const shipped = join(import.meta.dirname, '../../config/policy')
  for (const name of ['schema.cedarschema', 'guards.cedar']) copyFileSync(join(shipped, name), join(dir, name))
  writeFileSync(join(dir, 'suite.cedar'), policy)
  const weir = await startWeir(configWith(dir, {}))
  const known = new Known(weir, dir)
  return {
    async open(scene) {
      const slug = await known.add(rowFor(scene))
      const url = new URL(`/mcp/s/${slug}`, weir.url)
      const requestInit = { headers: { authorization: `Bearer ${keyOf('carol')}` } }
      return {
        transport: () => new StreamableHTTPClientTransport(url, { requestInit }),
        steadily: (act) => act(),
      }
    },
    log: () => weir.log(),
    async [Symbol.asyncDispose]() {
      await weir.stop()
    },
  }
}

type Rows = Readonly<Record<string, object>>

function rowFor({ url }: Scene): object {
  return { url, effect: 'write' }
}

function configWith(dir: string, servers: Rows): WeirConfig {
  return {
    gateway: { public_url: undefined },
    policy: { dir },
    agents: { carol: { may_start_runs: true } },
    identity: { api_keys: [apiKey('carol', 'pat')] },
    limits: {},
    tools: { servers },
  }
}

/** The servers Weir knows; each change of the file is taken into use before the next. */
class Known {
  readonly #weir: Weir
  readonly #policies: string
  #rows: Rows = {}
  #told: Rows = {}
  #turn: Promise<void> = Promise.resolve()

  constructor(weir: Weir, policies: string) {
    this.#weir = weir
    this.#policies = policies
  }

  async add(row: object): Promise<string> {
    const slug = `s${Object.keys(this.#rows).length}`
    this.#rows = { ...this.#rows, [slug]: row }
    const mine = this.#turn.then(() => this.#tell())
    this.#turn = mine
    await mine
    return slug
  }

  async #tell(): Promise<void> {
    // Whoever came in the meantime has been told with somebody else.
    if (this.#told === this.#rows) return
    this.#told = this.#rows
    const epoch = (): Promise<number> => metricOf(this.#weir, 'weir_config_epoch')
    const before = await epoch()
    writeConfig(configWith(this.#policies, this.#rows), this.#weir.directory)
    while ((await epoch()) === before) await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
