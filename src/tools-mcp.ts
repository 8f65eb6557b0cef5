/** What `weir mcp add` needs of the house: a description read or fetched through the guard, compiled, and its entry. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { lineDiff } from './base/line-diff.ts'
import type { CliDeps } from './cli/deps.ts'
import { type CliProblem, isProblem, problem } from './cli/exit-codes.ts'
import type { ApiPreview, ToolServerAsked, ToolServerPreview } from './cli/tool-server-deps.ts'
import { descriptionBytes_max } from './config/description.ts'
import { editConfig, hasInConfig } from './config/edit.ts'
import { isPlainUrl } from './config/fields.ts'
import { isLoaded, loadConfig } from './config/load.ts'
import { firstProblem } from './config/problems.ts'
import { isFault } from './domain/fault.ts'
import { isSlug } from './domain/ids.ts'
import { usualOptions } from './protocol/openapi/compile.ts'
import type { CompiledApi } from './protocol/openapi/contract.ts'
import { Outside } from './relay/wire/outside.ts'
import { compileInWorker } from './threads/compile-in-worker.ts'
import { mistakeIn, slugFrom, write as writeEntry } from './tools-agents.ts'

const everywhere = ['0.0.0.0/0', '::/0']
const fetch_ms = 60_000
const redirects_max = 3
const folder = 'openapi'

export const preview: CliDeps['toolServers']['preview'] = async (asked) => {
  const { url, openapi, command } = asked
  if (url !== null && !isPlainUrl(url))
    return problem('usage', 'A server is at an http or https URL, without credentials and fragment.')
  if (openapi !== null) return previewApi(asked, openapi)
  const [program = ''] = command
  const slug = asked.slug ?? slugFrom(url === null ? basename(program) : new URL(url).hostname)
  if (!isSlug(slug)) return problem('usage', `${slug || 'Its name'} cannot be a slug; name one with --slug.`)
  return { slug, place: url === null ? 'process' : 'http', url, command, api: null }
}

async function previewApi(asked: ToolServerAsked, place: string): Promise<ToolServerPreview | CliProblem> {
  const isFar = /^https?:\/\//i.test(place)
  const fetched = isFar ? await fetchDescription(asked, place) : null
  if (fetched !== null && isProblem(fetched)) return fetched
  const file = resolve(place)
  const options = { ...usualOptions, ...(asked.url === null ? {} : { origin: new URL(asked.url).origin }) }
  const compiled = await compileInWorker({ source: fetched ?? file, sha256: null, options })
  if (compiled.kind === 'uncompiled') return problem('no', `${compiled.sentence}.`)
  const { api, sha256, bytes } = compiled
  const [first] = api.skipped
  if (api.tools.length === 0)
    return problem('no', `${place} has no operation that can be a tool: ${first?.reason ?? 'it has none'}.`)
  const url = asked.url ?? api.servers[0]
  if (url === undefined) return problem('no', `${place} does not say where the API is; name it with --url.`)
  const slug = asked.slug ?? slugFrom(api.title)
  if (!isSlug(slug)) return problem('usage', `${slug || 'Its title'} cannot be a slug; name one with --slug.`)
  const kept = `${folder}/${slug}.${/^\s*\{/.test(Buffer.from(fetched ?? []).toString('utf8', 0, 64)) ? 'json' : 'yaml'}`
  const document = fetched === null ? besideConfig(asked.configPath, file) : kept
  return { slug, place: 'openapi', url, command: [], api: { ...viewOf(api), document, sha256, bytes, fetched } }
}

function viewOf({
  title,
  version,
  tools,
  skipped,
}: CompiledApi): Pick<ApiPreview, 'title' | 'version' | 'tools' | 'skipped'> {
  const views = tools.map(({ definition, plan }) => ({
    name: definition.name,
    operation: `${plan.method} ${plan.path}`,
    bytes: Buffer.byteLength(JSON.stringify(definition)),
  }))
  return { title, version, tools: views, skipped }
}

/** Below the configuration it moves with it; elsewhere it stays where it is. */
function besideConfig(configPath: string, file: string): string {
  const path = relative(dirname(resolve(configPath)), file)
  return path.startsWith('..') || isAbsolute(path) ? file : path
}

async function fetchDescription(
  { configPath, allowPrivate }: ToolServerAsked,
  url: string,
): Promise<Uint8Array | CliProblem> {
  if (!isPlainUrl(url))
    return problem('usage', 'A description is at an http or https URL, without credentials and fragment.')
  const loaded = await loadConfig(configPath)
  if (!isLoaded(loaded)) return problem('no', firstProblem(loaded, configPath))
  const { gateway, timeouts } = loaded.settings
  const allow_private = allowPrivate ? everywhere : gateway.outside.allow
  const outside = new Outside({ allow_private, connect_ms: timeouts.connect_ms })
  const answer = await outside.get({
    url,
    timeout_ms: fetch_ms,
    max_bytes: descriptionBytes_max,
    sameOriginRedirects: redirects_max,
  })
  if (isFault(answer)) {
    const hint = answer.code === 'refused_address' && !allowPrivate ? '. In your own network: --allow-private' : ''
    return problem('no', `${url}: ${answer.detail}${hint}`)
  }
  return answer.status === 200 ? answer.body : problem('no', `${url} answers with HTTP ${answer.status}.`)
}

/** The file as it would be, held against the rules of configurations. */
export const plan: CliDeps['toolServers']['plan'] = async (configPath, seen) => {
  const path = resolve(configPath)
  const source = await readFile(path, 'utf8').catch(() => null)
  if (source === null) return problem('not_found', `${configPath} cannot be read.`)
  const place = ['tools', 'servers', seen.slug]
  if (hasInConfig(source, place))
    return problem('no', `There is a tool server ${seen.slug} in ${configPath} already; name another slug with --slug.`)
  const text = editConfig(source, { path: place, value: entryOf(seen, seen.api?.document ?? '') })
  // What was fetched is no file yet, so the rules are tried with one that goes again.
  const trial = join(dirname(path), `.${seen.slug}.trial`)
  const tried = seen.api?.fetched ? editConfig(source, { path: place, value: entryOf(seen, trial) }) : text
  if (text === null || tried === null) return problem('no', `${configPath} is not in a form an entry can be added to.`)
  try {
    if (seen.api?.fetched) await writeFile(trial, '', { mode: 0o600 })
    const wrong = await mistakeIn(path, tried)
    return wrong ?? { configPath, source, text, diff: lineDiff(source, text) }
  } catch (error) {
    return problem('failed', `Nothing can be written beside ${path}: ${String(error)}`)
  } finally {
    if (seen.api?.fetched) await rm(trial, { force: true })
  }
}

function entryOf({ url, command, api }: ToolServerPreview, document: string): object {
  const [program, ...args] = command
  if (program !== undefined) return { process: { command: program, ...(args.length === 0 ? {} : { args }) } }
  if (api === null) return { url }
  const description = api.title.slice(0, 1024)
  return { url, ...(description === '' ? {} : { description }), openapi: { document, sha256: api.sha256 } }
}

/** The description first, because a gateway that runs looks for it as soon as the entry is there. */
export const write: CliDeps['toolServers']['write'] = async (planned, { api }) => {
  if (api?.fetched) {
    const path = resolve(dirname(resolve(planned.configPath)), api.document)
    try {
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, api.fetched, { flush: true })
    } catch (error) {
      return problem('failed', `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return writeEntry(planned)
}
