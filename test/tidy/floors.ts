/** The floors of the house and the fences around third-party code: one table for the lint rules and the tests. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** A folder imports folders on lower floors only; never a neighbour, never upward. */
export const floors: Readonly<Record<string, number>> = {
  base: 0,
  domain: 1,
  config: 2,
  protocol: 2,
  identity: 3,
  policy: 3,
  limits: 3,
  relay: 3,
  tasks: 3,
  catalogue: 3,
  pricing: 3,
  ledger: 3,
  observe: 3,
  pipeline: 4,
  threads: 4,
  edge: 5,
  admin: 5,
  cli: 5,
}

/** The composition roots as the lint rule can name them; `src/serve.ts` shares its name with files that may be imported. */
const roots = readdirSync(join(import.meta.dirname, '..', '..', 'src'))
  .filter((name) => /^(?:gateway|tools|main)\b.*\.ts$/.test(name))
  .toSorted()
  .map((name) => `**/${name}`)

/** Where a third-party module may be imported: files or folders (with a trailing slash) below `src/`. */
export const fences: Readonly<Record<string, readonly string[]>> = {
  'uWebSockets.js': ['edge/uws-loader.ts'],
  undici: ['relay/wire/transport.ts', 'relay/wire/outside.ts'],
  piscina: ['threads/pool.ts'],
  jose: ['identity/'],
  oauth4webapi: ['identity/'],
  msgpackr: ['threads/', 'ledger/pack.ts', 'ledger/stored.ts'],
  pino: ['observe/log.ts'],
  '@cedar-policy/cedar-wasm': ['policy/'],
  '@cedar-policy/cedar-wasm/nodejs': ['policy/'],
  'hdr-histogram-js': ['observe/'],
  '@opentelemetry/api': ['observe/otlp/'],
  '@opentelemetry/resources': ['observe/otlp/'],
  '@opentelemetry/sdk-trace': ['observe/otlp/'],
  '@opentelemetry/sdk-metrics': ['observe/otlp/'],
  '@opentelemetry/sdk-logs': ['observe/otlp/'],
  '@opentelemetry/exporter-trace-otlp-proto': ['observe/otlp/exporters.ts'],
  '@opentelemetry/exporter-metrics-otlp-proto': ['observe/otlp/exporters.ts'],
  '@opentelemetry/exporter-logs-otlp-proto': ['observe/otlp/exporters.ts'],
  yaml: ['config/'],
  zod: ['config/'],
  commander: ['cli/'],
  'lru-cache': ['base/'],
  minisearch: ['catalogue/'],
  re2js: ['catalogue/'],
  '@pydantic/genai-prices': ['pricing/'],
  '@a2a-js/sdk': ['cli/demo/'],
  '@a2a-js/sdk/client': ['cli/demo/'],
  '@a2a-js/sdk/server': ['cli/demo/'],
  '@a2a-js/sdk/compat/v0_3/server': ['cli/demo/'],
}

/** Functions that make proofs, and the only file that may import each. */
export const proofMakers: Readonly<Record<string, string>> = {
  issuePermit: 'policy/decide.ts',
  issueLease: 'limits/lease.ts',
  issueHop: 'pipeline/admit.ts',
  issueClaim: 'pipeline/tasks/claim.ts',
  issueProbe: 'tools-doctor.ts',
  issueCare: 'pipeline/mcp/care.ts',
}

interface Override {
  readonly files: readonly string[]
  readonly rules: Readonly<Record<string, unknown>>
}

/** The lint overrides that follow from the tables; `.oxlintrc.json` must hold exactly these. */
export function lintOverrides(): readonly Override[] {
  const folders = Object.keys(floors).map((folder) => override([`src/${folder}/**`], folder, folder + '/'))
  const insides = [...new Set(Object.values(fences).flat())]
    .filter((place) => place.endsWith('.ts'))
    .map((place) => override([`src/${place}`], place.split('/')[0] ?? '', place))
  return [...folders, ...insides]
}

function override(files: readonly string[], folder: string, place: string): Override {
  const floor = floors[folder] ?? 0
  const above = Object.keys(floors).filter((other) => other !== folder && (floors[other] ?? 0) >= floor)
  const group = [...above.map((other) => `**/${other}/**`), ...roots]
  const paths = Object.entries(fences)
    .filter(
      ([, places]) =>
        !places.some(
          (fence) => place === fence || (fence.endsWith('/') && place.startsWith(fence.split('/')[0] + '/')),
        ),
    )
    .map(([name]) => ({ name, message: `${name} is fenced; see test/tidy/floors.ts` }))
  const patterns = [{ group, message: 'a folder imports folders on lower floors only' }]
  return { files, rules: { 'no-restricted-imports': ['error', { paths, patterns }] } }
}
