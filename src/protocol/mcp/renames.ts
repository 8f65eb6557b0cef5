/**
 * Where URIs and ids of tasks stand in what a server says, and how they are written anew there. Only in the places that
 * the protocol gives them: structured content, schemas and text are somebody's data and stay as they are. A member that
 * appears twice is written anew twice, for nobody knows which of them its reader takes.
 */
import { readJson } from '../../base/json.ts'
import { openBracket } from '../../base/json-bytes.ts'
import { arrayItems, editJson, type JsonEdit, membersOf } from '../../base/json-edit.ts'
import { type Swap, swapParts } from '../../base/json-splice.ts'

/** What things of one server are called outside. */
export interface Renames {
  uri(uri: string): string
  task(id: string): string
}

type Walk = (value: Buffer, work: Work) => void

interface Work {
  readonly names: Renames
  readonly swaps: Swap[]
}

const uri = renamed('uri')
const task = renamed('task')

function renamed(what: keyof Renames): Walk {
  return (value, { names, swaps }) => {
    const said = textOf(value)
    const shown = said === null ? null : names[what](said)
    if (shown !== said) swaps.push([value, JSON.stringify(shown)])
  }
}

function members(table: Readonly<Record<string, Walk>>): Walk {
  const rows = new Map(Object.entries(table))
  return (value, work) => {
    for (const [name, part] of membersOf(value)) rows.get(name)?.(part, work)
  }
}

function items(walk: Walk): Walk {
  return (value, work) => {
    for (const item of arrayItems(value)) walk(item, work)
  }
}

const ofTask = members({ taskId: task })
const meta = members({
  ui: members({ resourceUri: uri }),
  'ui/resourceUri': uri,
  'io.modelcontextprotocol/related-task': ofTask,
})
/** One block of content or several; results of tools in messages hold blocks themselves. */
const blocks: Walk = (value, work) => {
  if (value[0] === openBracket) return items(blocks)(value, work)
  members({ uri, resource: members({ uri, _meta: meta }), content: blocks, _meta: meta })(value, work)
}
const messages = members({ messages: items(members({ content: blocks })), _meta: meta })
const ofTool = members({ content: blocks, task: ofTask, _meta: meta })
const ofMadeTask = members({ taskId: task, content: blocks, task: ofTask, _meta: meta })
const toolResult: Walk = (value, work) => {
  const madeTask = membersOf(value).some(([name, part]) => name === 'resultType' && textOf(part) === 'task')
  return (madeTask ? ofMadeTask : ofTool)(value, work)
}
/** Of both generations: flat, as a list of them, or as what the task came to. */
const ofTasks = members({
  taskId: task,
  tasks: items(ofTask),
  task: ofTask,
  content: blocks,
  result: toolResult,
  _meta: meta,
})

const results: ReadonlyMap<string, Walk> = new Map([
  ['tools/call', toolResult],
  ['prompts/get', messages],
  ['resources/read', members({ contents: items(members({ uri, _meta: meta })), _meta: meta })],
  ...['get', 'update', 'cancel', 'result', 'list'].map((verb) => [`tasks/${verb}`, ofTasks] as const),
])

const said: ReadonlyMap<string, Walk> = new Map([
  ['notifications/resources/updated', members({ uri, _meta: meta })],
  ['notifications/tasks/status', ofTasks],
  ['notifications/tasks', ofTasks],
  ['sampling/createMessage', messages],
])

/** What a tool is defined with. */
const definition = members({ _meta: meta })
const justMeta = definition

export function renameInResult(method: string, result: Buffer, names: Renames): Buffer {
  return walked(results.get(method) ?? justMeta, result, names)
}

/** In the parameters of a notification, or of a request that the server makes. */
export function renameInParams(method: string, params: Buffer, names: Renames): Buffer {
  return walked(said.get(method) ?? justMeta, params, names)
}

/** A definition under another name, or URI; without a title, the name that it has at its server is one. */
export function renameDefinition(bytes: Buffer, member: DefinitionMember, shown: string, names: Renames): Buffer {
  const walkedBytes = walked(definition, bytes, names)
  const all = membersOf(walkedBytes)
  const own = all.find(([name]) => name === member)?.[1]
  const isNamed = member === 'name' && own !== undefined && textOf(own) !== shown
  const title = isNamed && !all.some(([name]) => name === 'title') ? [{ path: ['title'], value: own }] : []
  return editJson(walkedBytes, [...withOnly(walkedBytes, [member], JSON.stringify(shown)), ...title])
}

export type DefinitionMember = 'name' | 'uri' | 'uriTemplate'

/** Edits after which the member is there once, whatever stood there: in its place if it was there once. */
export function withOnly(bytes: Buffer, path: readonly string[], value: string): readonly JsonEdit[] {
  const holder = path.slice(0, -1).reduce((at, name) => memberOf(at, name) ?? empty, bytes)
  const found = membersOf(holder).filter(([name]) => name === path.at(-1)).length
  return [...(found > 1 ? [{ path, value: undefined }] : []), { path, value }]
}

const empty = Buffer.from('{}')

function memberOf(bytes: Buffer, wanted: string): Buffer | undefined {
  return membersOf(bytes).find(([name]) => name === wanted)?.[1]
}

function walked(walk: Walk, bytes: Buffer, names: Renames): Buffer {
  const work: Work = { names, swaps: [] }
  walk(bytes, work)
  return swapParts(bytes, work.swaps)
}

function textOf(value: Buffer): string | null {
  const read = value[0] === quote ? readJson(value.toString()) : null
  return read?.ok && typeof read.value === 'string' ? read.value : null
}

const quote = 0x22
