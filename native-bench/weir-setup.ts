/** A governed Weir for the benchmarks: one known JWT, 100 policies, rate, budgets, run and record all at work. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

export interface Setup {
  readonly directory: string
  /** The operator's credential, once Weir has started. */
  adminToken(): string
  readonly configPath: string
  readonly token: string
}

/** Given to Weir by name, so that the pipe beside it can do the same. */
export const heartbeat_ms = 4000
const issuer = 'https://bench.invalid'
const publicUrl = 'http://127.0.0.1:8080'
const policies = 100
/** What one call is booked with. */
export const price = { tokens: 2, cost_micros: 3 }
const shipped = join(import.meta.dirname, '..', 'config', 'policy')

/** More lines of YAML. */
interface More {
  readonly ofAgent?: string
  readonly sections?: string
}

/** Writes keys, policies and configuration into a new temporary directory; the caller removes it. */
export async function setUp(upstream: string, more: More = {}): Promise<Setup> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const token = await writeIdentity(directory)
  writePolicies(join(directory, 'policy'))
  const configPath = join(directory, 'weir.yaml')
  writeFileSync(configPath, configuration(directory, upstream, more))
  return {
    directory,
    configPath,
    token,
    adminToken: () => readFileSync(join(directory, 'state', 'admin.token'), 'utf8').trim(),
  }
}

async function writeIdentity(directory: string): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256', use: 'sig' }
  writeFileSync(join(directory, 'jwks.json'), JSON.stringify({ keys: [jwk] }))
  return new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: 'bench', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setSubject('bench-console')
    .setAudience(publicUrl)
    .setIssuedAt()
    .setExpirationTime('1h')
    .setJti('bench-1')
    .sign(privateKey)
}

function writePolicies(directory: string): void {
  mkdirSync(directory)
  for (const name of readdirSync(shipped)) copyFileSync(join(shipped, name), join(directory, name))
  const more = Array.from({ length: policies }, (_, n) => {
    const when = `context.depth < ${(n % 5) + 1} && context.budgetLeftMicros > ${n}`
    return `@id("bench.${n}")\npermit(principal == Weir::Agent::"a${n}", action == Weir::Action::"invoke", resource == Weir::Agent::"b${n}") when { ${when} };`
  })
  writeFileSync(join(directory, 'bench.cedar'), `${more.join('\n')}\n`)
}

function configuration(directory: string, upstream: string, { ofAgent = '', sections = '' }: More): string {
  return `
gateway: { listen: "127.0.0.1:0", admin_listen: "127.0.0.1:0", public_url: "${publicUrl}" }
timeouts: { heartbeat_ms: ${heartbeat_ms}, idle_ms: 600000 }
state: { dir: "${join(directory, 'state')}" }
identity:
  issuers:
    - { issuer: "${issuer}", jwks: "file:${join(directory, 'jwks.json')}", audience: "${publicUrl}", algorithms: [ES256], agent_claim: sub, agents: { bench-console: console } }
agents:
  console: { team: insights, groups: [entrypoints], may_start_runs: true }
  orchestrator: { url: "${upstream}", team: insights, price: { call_micros: ${price.cost_micros}, call_tokens: ${price.tokens} }${ofAgent} }
teams:
  insights: { limits: { cost_micros_per_day: 1000000000000 } }
policy: { dir: "${join(directory, 'policy')}" }
limits:
  run: { depth_max: 5, laps_max: 1, calls_max: 100000000, concurrency_max: 100000, wall_clock_ms: 3600000, tokens_max: 1000000000, cost_micros_max: 1000000000 }
  agent: { invokes_per_minute: 6000000, concurrency_max: 100000, tokens_per_day: 1000000000, cost_micros_per_day: 1000000000 }
${sections}`
}
