/** The official client behind a real Weir: every scenario's server becomes a tool server of it, and a person follows its links. */
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { followLink } from './connect-browser.ts'
import { clientMetadataUrl } from './mcp-client-direct.ts'
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
      return wayOf(new URL(`/mcp/s/${slug}`, weir.url))
    },
    log: () => weir.log(),
    async [Symbol.asyncDispose]() {
      await weir.stop()
    },
  }
}

type Rows = Readonly<Record<string, object>>

/** The person of the key carol has; what Weir says of a link is read off its answers, as whoever integrates a client would. */
function wayOf(url: URL): Way {
  let link: string | null = null
  const requestInit = { headers: { authorization: `Bearer ${keyOf('carol')}` } }
  const watching = async (place: string | URL, init?: RequestInit): Promise<Response> => {
    const answer = await fetch(place, init)
    if (!/json/.test(answer.headers.get('content-type') ?? '')) return answer
    link = /"connectUrl":"([^"]+)"/.exec(await answer.clone().text())?.[1] ?? link
    return answer
  }
  const oneTry = async <T>(act: () => Promise<T>): Promise<{ done: T } | { why: unknown }> => {
    try {
      return { done: await act() }
    } catch (why) {
      return { why }
    }
  }
  return {
    transport: () => new StreamableHTTPClientTransport(url, { requestInit, fetch: watching }),
    async steadily(act) {
      for (let left = tries_max; ; left -= 1) {
        link = null
        const tried = await oneTry(act)
        if (link === null || left === 0) {
          if ('done' in tried) return tried.done
          throw tried.why
        }
        const { status, page } = await followLink(link)
        if (status !== 200) throw new Error(`not connected: ${/<h1>(.*?)<\/h1>/.exec(page)?.[1] ?? status}`)
      }
    },
  }
}

/** How often a person is ready to connect for one and the same thing. */
const tries_max = 5

function rowFor({ url, scenario, context: { client_id, client_secret, issuer } }: Scene): object {
  // A suite ends when its servers have no open connections.
  const watch = false
  if (!scenario.startsWith('auth/')) return { url, effect: 'write', watch }
  const known = scenario === 'auth/pre-registration' ? { client_id, client_secret, issuer } : {}
  return { url, effect: 'write', watch, credential: { mode: 'user', client_metadata_url: clientMetadataUrl, ...known } }
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
