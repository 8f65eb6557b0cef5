/** `weir mcp add`: what a tool server would be, tool by tool, and its entry in the configuration. */
import { exits, isProblem, problem } from '../exit-codes.ts'
import type { CliDeps } from '../deps.ts'
import { type Paint, visible } from '../paint.ts'
import { table } from '../table.ts'
import { confirmed, openTerminal } from '../terminal.ts'
import type { ApiPreview, ToolServerPreview } from '../tool-server-deps.ts'

export interface AddServerOptions {
  readonly config: string
  readonly json?: boolean
  readonly openapi?: string
  readonly url?: string
  readonly slug?: string
  readonly allowPrivate?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** Shows what would be written; writes it if somebody says yes. */
export async function addToolServer(
  deps: CliDeps,
  command: readonly string[],
  options: AddServerOptions,
): Promise<number> {
  const terminal = openTerminal(deps)
  const { config: configPath, slug = null, url = null, openapi = null, allowPrivate = false, dryRun = false } = options
  const isProcess = command.length > 0
  if (isProcess ? url !== null || openapi !== null : url === null && openapi === null)
    return terminal.fail(problem('usage', 'Name one place: --openapi, --url, or a program behind --.'))
  const seen = await deps.toolServers.preview({ configPath, slug, url, openapi, command, allowPrivate })
  if (isProblem(seen)) return terminal.fail(seen)
  const planned = await deps.toolServers.plan(configPath, seen)
  if (isProblem(planned)) return terminal.fail(planned)
  const shown = { schema: 'weir.tool-server-added/v1', ...viewOf(seen), diff: planned.diff, backup: null }
  if (!options.json) terminal.print(`${page(seen, terminal.paint)}\n${diffPage(planned.diff, terminal.paint)}\n`)
  if (dryRun) {
    if (options.json) terminal.printJson(shown)
    return exits.ok
  }
  const go = await confirmed(deps, `Add ${seen.slug} to ${configPath}?`, !!options.yes)
  if (go !== true) return terminal.fail(go)
  const written = await deps.toolServers.write(planned, seen)
  if (isProblem(written)) return terminal.fail(written)
  const added = { ...shown, ...written }
  if (options.json) terminal.printJson(added)
  else terminal.say(`Added. The file as it was is ${written.backup}; a gateway that runs takes the new one by itself.`)
  return exits.ok
}

/** What was fetched is a file by then and no text for a terminal. */
function viewOf({ api, ...seen }: ToolServerPreview): object {
  if (api === null) return { ...seen, api }
  const { fetched, ...rest } = api
  return { ...seen, api: { ...rest, fetched: fetched !== null } }
}

function page({ slug, url, command, api }: ToolServerPreview, paint: Paint): string {
  const rows = [
    ['slug', visible(slug)],
    ...(url === null ? [] : [['reached at', visible(url)]]),
    ...(command.length === 0 ? [] : [['program', visible(command.join(' '))]]),
    ...(api === null ? [] : apiRows(api)),
  ]
  const head = table([{ title: '' }, { title: '' }], rows).replace(/^\s*\n/, '')
  return api === null ? head : `${head}\n${toolTable(api)}${skippedTable(api, paint)}`
}

function apiRows({ title, version, document, sha256, bytes, tools, skipped }: ApiPreview): string[][] {
  const sizes = tools.map((tool) => tool.bytes)
  const sum = sizes.reduce((all, each) => all + each, 0)
  return [
    ['API', visible(`${title} ${version}`)],
    ['description', visible(`${document}, ${bytes} bytes, SHA-256 ${sha256.slice(0, 12)}`)],
    ['tools', `${tools.length}, ${sum} bytes in all, the largest ${Math.max(0, ...sizes)}`],
    ['skipped', String(skipped.length)],
  ]
}

function toolTable({ tools }: ApiPreview): string {
  const rows = tools.map(({ name, operation, bytes }) => [visible(name), String(bytes), visible(operation)])
  return rows.length === 0
    ? ''
    : table([{ title: 'TOOL' }, { title: 'BYTES', align: 'right' }, { title: 'OPERATION' }], rows)
}

function skippedTable({ skipped }: ApiPreview, paint: Paint): string {
  if (skipped.length === 0) return ''
  const rows = skipped.map(({ operation, reason }) => [visible(operation), paint('warn', visible(reason))])
  return `\n${table([{ title: 'SKIPPED' }, { title: 'WHY' }], rows)}`
}

function diffPage(diff: string, paint: Paint): string {
  const lines = diff.split('\n').map((line) => {
    if (line.startsWith('+')) return paint('good', visible(line))
    return line.startsWith('-') ? paint('bad', visible(line)) : paint('quiet', visible(line))
  })
  return lines.join('\n')
}
