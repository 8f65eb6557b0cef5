import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { exits } from '../../src/cli/exit-codes.ts'
import { isLoaded, loadConfig } from '../../src/config/load.ts'
import { declareGatewayMetrics } from '../../src/observe/gateway-metrics.ts'
import { Registry } from '../../src/observe/metrics.ts'
import { metricTable, nameTable } from '../../src/observe/otlp/names.ts'
import { declareOtlpMetrics, otlpNumbers } from '../../src/observe/otlp/numbers.ts'
import { check } from '../../src/tools.ts'
import { root } from './source.ts'

const pages = globSync(['README.md', 'docs/**/*.md'], { cwd: root }).toSorted()
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** The fenced blocks of a page in one language. */
function blocks(page: string, language: string): readonly string[] {
  const form = new RegExp(`^ *\`\`\`${language}\\n(.*?)^ *\`\`\``, 'gms')
  return [...read(page).matchAll(form)].map((found) => found[1] ?? '')
}

/** What a heading is called in a link. */
function anchors(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map((found) =>
    (found[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^a-z0-9_ -]/g, '')
      .replaceAll(' ', '-'),
  )
}

test.each(pages)('every link of %s leads somewhere', (page) => {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map((found) => found[1] ?? '')
  const broken = links.filter((link) => {
    if (/^https?:/.test(link)) return false
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : join(dirname(page), path)
    if (!existsSync(join(root, target))) return true
    return anchor !== undefined && !anchors(read(target)).includes(anchor)
  })
  expect(broken).toEqual([])
})

/** Paths are written from the repository, or from `src` where a page speaks of our modules. */
test.each(pages)('every file that %s names exists', (page) => {
  const named = [...read(page).matchAll(/`((?:[\w-]+\/)+[\w.-]+\.(?:ts|mjs|md|yaml|cedarschema))`/g)]
  const missing = named
    .map((found) => found[1] ?? '')
    .filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, 'src', path)))
  expect(missing).toEqual([])
})

test('the configuration of the quickstart holds, with the policies it speaks of', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-quickstart-'))
  try {
    cpSync(join(root, 'config', 'policy'), join(dir, 'policy'), { recursive: true })
    const [config = ''] = blocks('docs/guides/quickstart.md', 'yaml')
    writeFileSync(join(dir, 'weir.yaml'), config)
    expect(await check(join(dir, 'weir.yaml'), { color: false })).toMatchObject({ ok: true, problems: [] })
    expect(config.trim().split('\n').length).toBeLessThanOrEqual(12)
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test('the example configuration holds', async () => {
  const path = join(root, 'config', 'weir.example.yaml')
  expect(await check(path, { color: false })).toMatchObject({ ok: true, problems: [] })
})

test('every TypeScript snippet of the pages compiles as strictly as our own code', () => {
  const held = join(root, '.weir')
  mkdirSync(held, { recursive: true })
  const dir = mkdtempSync(join(held, 'snippets-'))
  try {
    const snippets = ['README.md', 'docs/guides/connect-an-agent.md', 'docs/guides/get-a-token.md'].flatMap((page) =>
      blocks(page, 'ts'),
    )
    for (const [index, text] of snippets.entries()) writeFileSync(join(dir, `snippet-${index}.ts`), text)
    const config = { extends: join(root, 'tsconfig.json'), include: ['.'] }
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config))
    expect(snippets.length).toBeGreaterThan(2)
    expect(compile(dir)).toBe('')
  } finally {
    rmSync(dir, { recursive: true })
  }
}, 30_000)

/** What the compiler has to say; empty if nothing. */
function compile(dir: string): string {
  try {
    return execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', dir], { encoding: 'utf8' })
  } catch (error) {
    return String((error as { stdout: unknown }).stdout)
  }
}

test('the page of exit codes is the table of exit codes', () => {
  const rows = [...read('docs/reference/cli.md').matchAll(/^\| (\d+) \| (\w+) \|/gm)].map((row) => [
    row[2],
    Number(row[1]),
  ])
  expect(Object.fromEntries(rows)).toEqual(exits)
})

test('the operations page names every metric and no other', () => {
  const registry = new Registry()
  declareGatewayMetrics(registry)
  const declared = [...registry.render().matchAll(/^# TYPE (\w+) (\w+)$/gm)].map((line) => `${line[1]} ${line[2]}`)
  const rows = [...read('docs/operating/run-weir.md').matchAll(/^\| `(weir_\w+)` \| (\w+) \|/gm)]
  expect(rows.map((row) => `${row[1]} ${row[2]}`).toSorted()).toEqual(declared.toSorted())
})

test('the page of telemetry names everything that leaves by OTLP and no other', () => {
  const page = read('docs/operating/telemetry.md')
  const rows = [...page.matchAll(/^\| `([a-z0-9_.]+)` \| (.+) \|$/gm)].map(([, name, rest]) => `${name} | ${rest}`)
  const whose = { semconv: 'OpenTelemetry', genai: 'OpenTelemetry GenAI', weir: 'Weir' } as const
  const registry = new Registry()
  declareOtlpMetrics(registry, otlpNumbers())
  const own = [...registry.render().matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => `${name} | ${type}`)
  const expected = [
    ...Object.values(nameTable).map(
      ({ name, on, origin, says }) => `${name} | ${on.join(', ')} | ${whose[origin]} | ${says}`,
    ),
    ...Object.values(metricTable).map(({ name, says }) => `${name} | ${says}`),
  ]
  expect(rows.filter((row) => !row.startsWith('weir_otlp_'))).toEqual(expected)
  expect(rows.filter((row) => row.startsWith('weir_otlp_')).map((row) => row.split(' | ', 2).join(' | '))).toEqual(own)
})

test('the service gives a drain its time and does not start again what cannot start', async () => {
  const unit = read('config/weir.service')
  const setting = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? ''
  const loaded = await loadConfig(join(root, 'config', 'weir.example.yaml'))
  expect(isLoaded(loaded) && Number(setting('TimeoutStopSec')) * 1000 > loaded.settings.timeouts.drain_ms).toBe(true)
  expect(setting('RestartPreventExitStatus')).toBe(`${exits.serve_usage} ${exits.serve_config}`)
  expect(setting('ExecStart')).toContain('/src/main.ts serve --config ')
  expect(existsSync(join(root, 'node_modules', '.bin', 'node'))).toBe(true)
})
