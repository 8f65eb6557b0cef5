/** Which server a request means, and what is called there what it names. */
import type { Clock } from '../../../base/clock.ts'
import { valueAtPath } from '../../../base/json-edit.ts'
import type { Known, ListedTool } from '../../../catalogue/contract.ts'
import { toolNamed } from '../../../catalogue/listing.ts'
import { type Denial, deny, isDenial } from '../../../domain/verdict.ts'
import { codes } from '../../../protocol/mcp/words.ts'
import type { Json } from '../../../relay/mcp/channel.ts'
import type { Meant } from '../behind.ts'
import { refusalOfChange } from '../definitions.ts'
import { listMethods } from './lists.ts'
import type { ToolServerEntry } from '../../road.ts'
import type { Member } from './members.ts'
import { textIn } from './requests.ts'
import { searchTools, type View } from './space.ts'

export interface Finding {
  readonly known: Known
  readonly clock: Clock
  /** Whether there is one server, whose names are its own. */
  readonly one: boolean
  view(): Promise<View>
  /** Whether this caller has nothing to show to a server where everybody has an account of their own. */
  showsNothing(server: ToolServerEntry): Promise<boolean | Denial>
  task(sealed: string): { readonly server: string; readonly id: string } | null
}

/** Where a request goes, and the text that stands there in place of the one it came with; null for no such text. */
export interface Place {
  readonly server: string
  readonly text: readonly [path: readonly string[], text: string] | null
}

type Locating = Pick<Finding, 'one' | 'task'> & { readonly view: View }
type Locate = (locating: Locating, params: Json | null) => Place | null

const byUri: Locate = ({ view }, params) => {
  const uri = textIn(params, ['uri'])
  const meant = uri === null ? null : view.space.meantUri(uri)
  return meant === null ? null : { server: meant.server, text: [['uri'], meant.uri] }
}

const byTask: Locate = ({ task }, params) => {
  const sealed = textIn(params, ['taskId'])
  const meant = sealed === null ? null : task(sealed)
  return meant === null ? null : { server: meant.server, text: [['taskId'], meant.id] }
}

function byPrompt(path: readonly string[]): Locate {
  return ({ view }, params) => {
    const prompt = view.space.prompts.get(textIn(params, path) ?? '')
    return prompt === undefined ? null : { server: prompt.server, text: [path, prompt.key] }
  }
}

const promptOfRef = byPrompt(['ref', 'name'])

const byRef: Locate = (locating, params) => {
  const type = textIn(params, ['ref', 'type'])
  if (type === 'ref/prompt') return promptOfRef(locating, params)
  const uri = type === 'ref/resource' ? textIn(params, ['ref', 'uri']) : null
  const meant = uri === null ? null : locating.view.space.meantTemplate(uri)
  return meant === null ? null : { server: meant.server, text: [['ref', 'uri'], meant.uri] }
}

interface Row {
  readonly locate: Locate
  /** What the error says that there is none of. */
  readonly what: string
}

const resource: Row = { locate: byUri, what: 'Resource not found' }
const task: Row = { locate: byTask, what: 'Task not found' }

const rows: ReadonlyMap<string, Row> = new Map([
  ['prompts/get', { locate: byPrompt(['name']), what: 'Unknown prompt' }],
  ['resources/read', resource],
  ['resources/subscribe', resource],
  ['resources/unsubscribe', resource],
  ['completion/complete', { locate: byRef, what: 'Unknown reference' }],
  ['tasks/get', task],
  ['tasks/update', task],
  ['tasks/cancel', task],
  ['tasks/result', task],
])

/** Null for what is nothing here. One server is asked by its own words, known to us or not, but for ids that are sealed. */
export function locate(locating: Locating, method: string, params: Json | null): Place | null {
  const row = rows.get(method)
  const [only] = locating.view.members
  if (locating.one && row !== task) return only && row ? { server: only.slug, text: null } : null
  return row?.locate(locating, params) ?? null
}

export async function findIn(finding: Finding, method: string, params: Json | null): Promise<Meant> {
  const view = await finding.view()
  const [only] = view.members
  if (finding.one && only === undefined) return nothing(codes.params, 'There is nothing here by that name for you')
  if (method === 'tools/call') return findTool(finding, view, params)
  if (listMethods.has(method) || (method === 'tasks/list' && finding.one))
    return finding.one && only ? { kind: 'server', server: only.server } : { kind: 'own' }
  const row = rows.get(method)
  if (row === undefined) return nothing(codes.method, 'Method not found')
  const place = locate({ ...finding, view }, method, params)
  const member = view.members.find(({ slug }) => slug === place?.server)
  return member ? { kind: 'server', server: member.server } : nothing(codes.params, row.what)
}

function nothing(code: number, message: string): Meant {
  return { kind: 'nothing', error: { code, message } }
}

const unknownTool = nothing(codes.params, 'Unknown tool')

/**
 * The definition is looked at again where what is known of it is too old, so that a tool is never called by another
 * definition than the approved one. Tools nobody approved yet are none.
 */
async function findTool(finding: Finding, view: View, params: Json | null): Promise<Meant> {
  const { known, one } = finding
  const name = textIn(params, ['name'])
  if (name === null) return unknownTool
  if (!one && name === searchTools) return { kind: 'own' }
  const seen = view.space.tools.get(name) ?? (await inNewView(finding, view, name))
  const member = view.members.find(({ slug }) => slug === seen?.server)
  if (one && member === undefined && view.listings[0]?.health.state === 'missing')
    return await unreachable(finding, view, name)
  if (seen === undefined || member === undefined) return unknownTool
  const listing = await known.fresh(member.slug, member.server.settings.definitions_max_age_ms, toolsOnly)
  const listed = toolNamed(listing, seen.name)
  if (listed === undefined || listed.state === 'pending' || listed.state === 'quarantined') return unknownTool
  const refusal = refusalOfChange(listed)
  const args = params === null ? null : valueAtPath(params, ['arguments'])
  const misfit = refusal === null ? known.misfit(listed, args) : null
  return { kind: 'tool', server: member.server, tool: listed.name, refusal, misfit, listed }
}

const toolsOnly = ['tools'] as const

/** A server that has not answered since a moment is being waited for; one that is away for longer is not. Unit: ms. */
const beginning_ms = 60_000

/** Just after the start not everything is known yet, and a tool must not be unknown because of that. */
async function inNewView(
  { known, clock, view, one }: Finding,
  seen: View,
  name: string,
): Promise<ListedTool | undefined> {
  const late = seen.members.filter((_, i) => {
    const health = seen.listings[i]?.health
    return health?.state === 'missing' && (one || clock.now() - health.since < beginning_ms)
  })
  if (late.length === 0) return undefined
  await Promise.all(late.map((member) => lookAgain(known, member)))
  return (await view()).space.tools.get(name)
}

async function lookAgain(known: Known, { slug, server }: Member): Promise<void> {
  await known.fresh(slug, server.settings.definitions_max_age_ms, toolsOnly)
}

async function unreachable({ showsNothing }: Finding, { members: [only] }: View, tool: string): Promise<Meant> {
  if (only === undefined) return unknownTool
  const detail = `${only.slug} has not listed its tools, so none can be called`
  const nothing = await showsNothing(only.server)
  const refusal = isDenial(nothing) ? nothing : nothing ? null : deny('upstream_unavailable', detail)
  return { kind: 'tool', server: only.server, tool, refusal }
}
