/** A Weir with many tool servers and many agents, for the benchmarks of tools. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface McpSetup {
  readonly directory: string
  readonly configPath: string
  /** The credential of the n-th agent. */
  keyOf(agent: number): string
}

const shipped = join(import.meta.dirname, '..', 'config', 'policy')
const policy = `
@id("bench.use") permit(principal in Weir::AgentGroup::"callers", action == Weir::Action::"useServer", resource);
@id("bench.call") permit(principal in Weir::AgentGroup::"callers", action == Weir::Action::"callTool", resource)
  when { context.depth < 5 && context.budgetLeftMicros > 0 };
@id("bench.start") permit(principal in Weir::AgentGroup::"callers", action == Weir::Action::"startRun", resource);
`

/** Writes policies and configuration into a new temporary directory; the caller removes it. */
export function setUpMcp(toolServer: string, { servers, agents }: { servers: number; agents: number }): McpSetup {
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-mcp-'))
  const policies = join(directory, 'policy')
  mkdirSync(policies)
  for (const name of readdirSync(shipped)) copyFileSync(join(shipped, name), join(policies, name))
  writeFileSync(join(policies, 'bench.cedar'), policy)
  const keyOf = (n: number): string => `wk_a${n}_${hash(`bench ${n}`)}`
  const numbers = Array.from({ length: agents }, (_, n) => n)
  const config = {
    gateway: { listen: '127.0.0.1:0', admin_listen: '127.0.0.1:0' },
    state: { dir: join(directory, 'state') },
    identity: {
      api_keys: numbers.map((n) => ({
        id: `a${n}`,
        agent: `a${n}`,
        sha256: hash(keyOf(n)),
      })),
    },
    agents: Object.fromEntries(numbers.map((n) => [`a${n}`, { groups: ['callers'], may_start_runs: true }])),
    policy: { dir: policies },
    limits: {
      run: { calls_max: 100_000_000, concurrency_max: 100_000, tokens_max: 1e9, cost_micros_max: 1e9 },
      agent: { invokes_per_minute: 6_000_000, concurrency_max: 100_000 },
    },
    tools: {
      servers: Object.fromEntries(
        Array.from({ length: servers }, (_, n) => [`s${n}`, { url: `${toolServer}s${n}`, effect: 'read' }]),
      ),
    },
  }
  const configPath = join(directory, 'weir.yaml')
  writeFileSync(configPath, JSON.stringify(config))
  return { directory, configPath, keyOf }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
