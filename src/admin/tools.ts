/** Tools for operators: which there are and how they stand, what changed about them, and the words that end that. */
import type { ToolOrder } from '../catalogue/catalogue.ts'
import type { ListedTool } from '../catalogue/contract.ts'
import { visibleText } from '../catalogue/hygiene.ts'
import type { LockRefusal } from '../catalogue/lock.ts'
import { decideTool, differenceNow, lockTools } from '../pipeline/tool-changes.ts'
import type { Road } from '../pipeline/road.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Written } from '../protocol/jsonrpc.ts'
import { readOrder, textOf } from './order.ts'
import { type AdminRequest, json, type Route } from './routes.ts'

/** Tools in one answer; a server of more is asked for by itself. */
const tools_max = 5000
/** Characters of a definition that are shown. */
const definition_chars_max = 65_536
const digest_length = 71

const summaries = {
  approve: 'Approves the definition of that digest',
  reject: 'Rejects the definition of that digest',
}

export function toolRoutes(road: Road): readonly Route[] {
  const path = '/api/v1/tools'
  const decisions = (['approve', 'reject'] as const).map((verb): Route => ({
    method: 'POST',
    path: `${path}/:server/:name/${verb}`,
    may: 'approve_tools',
    summary: summaries[verb],
    body: 'DigestOrder',
    answers: 'Tool',
    answer: (request) => decide(road, verb, request),
  }))
  return [
    {
      method: 'GET',
      path,
      may: 'look',
      summary: 'Tools of all servers or of one, at most 5000',
      query: ['server'],
      answers: 'ToolList',
      answer: (request) => list(road, request),
    },
    {
      method: 'GET',
      path: `${path}/:server/:name`,
      may: 'look',
      summary: 'One tool with its definition, what is approved of it and what is different',
      answers: 'Tool',
      answer: (request) => show(road, request),
    },
    {
      method: 'POST',
      path: `${path}/lock`,
      may: 'approve_tools',
      summary: 'Writes what is approved into the lock file',
      body: 'Order',
      answers: 'ToolsLocked',
      answer: (request) => lock(road, request),
    },
    ...decisions,
  ]
}

function list({ catalogue }: Road, { query }: AdminRequest): Written {
  const only = query.get('server')
  const known = catalogue
    .all()
    .filter(({ listing }) => only === null || listing.server === only)
    .toSorted((a, b) => (a.listing.server < b.listing.server ? -1 : 1))
  const servers = known.map(({ listing: { server, health, version, tools }, withheld }) => {
    return { server, ...health, version, tools: tools.length, withheld: withheld.map(visibleText) }
  })
  const tools = known.flatMap(({ listing }) => listing.tools)
  const { approval, lock_file } = catalogue.approval
  const rows = tools.slice(0, tools_max).map(rowOf)
  return json(200, {
    schema: 'weir.tools/v1',
    approval,
    lock_file,
    servers,
    tools: rows,
    more: tools.length - rows.length,
  })
}

function show(road: Road, request: AdminRequest): Written {
  const tool = named(road, request)
  return tool ? json(200, { schema: 'weir.tool/v1', ...detailOf(road, tool) }) : unknown
}

async function decide(road: Road, verb: 'approve' | 'reject', request: AdminRequest): Promise<Written> {
  const order = readOrder(request)
  if ('status' in order) return order
  const digest = textOf(order.asked['digest'], digest_length)
  if (digest === null)
    return writeProblem(
      400,
      'invalid_request',
      'A digest is required',
      'Send the digest of the definition that you looked at.',
    )
  const tool = named(road, request)
  if (!tool) return unknown
  const { server, name } = tool
  const words: ToolOrder = { server, name, digest, actor: order.actor, reason: order.reason }
  const refused = await decideTool(road, verb, words)
  if (refused === 'gone') {
    const detail = `The definition that is listed now has the digest ${tool.digest}. Look at it again.`
    return writeProblem(409, 'tool_changed_again', 'Another definition is listed', detail)
  }
  if (refused !== null) return problemOf(refused)
  const now = road.catalogue.tool(server, name) ?? tool
  return json(200, { schema: 'weir.tool/v1', ...detailOf(road, now) })
}

async function lock(road: Road, request: AdminRequest): Promise<Written> {
  const order = readOrder(request)
  if ('status' in order) return order
  const done = await lockTools(road, order)
  if ('kind' in done) return problemOf(done)
  return json(200, { schema: 'weir.tools_lock/v1', lock_file: road.catalogue.approval.lock_file, tools: done.tools })
}

const refusals = {
  off: [409, 'approval_off', 'Nothing is pinned'],
  conflict: [409, 'lock_conflict', 'The lock file was changed'],
  unwritable: [500, 'not_durable', 'Nothing was decided'],
} as const satisfies Readonly<Record<LockRefusal['kind'], readonly [status: number, code: string, title: string]>>

function problemOf({ kind, detail }: LockRefusal): Written {
  const [status, code, title] = refusals[kind]
  return writeProblem(status, code, title, detail)
}

const unknown = writeProblem(404, 'not_found', 'Nothing by that name', 'No server lists a tool of that name.')

function named({ catalogue }: Road, { parameters }: AdminRequest): ListedTool | null {
  const [server, name] = [decoded(parameters['server']), decoded(parameters['name'])]
  return server === null || name === null ? null : catalogue.tool(server, name)
}

/** Null for what nobody can have meant. */
function decoded(text = ''): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

function rowOf({ server, name, exposed, state, why, digest }: ListedTool): object {
  return { server, name, exposed, state, why: why === null ? null : visibleText(why), digest }
}

function detailOf(road: Road, tool: ListedTool): object {
  const { catalogue } = road
  const { server, name } = tool
  const entry = catalogue.entryOf(server, name)
  const { classes, lines } = differenceNow(road, tool)
  const approved = entry && { digest: entry.digest, actor: entry.actor, reason: entry.reason, at: entry.at }
  const definition = visibleText(tool.definition.toString('utf8', 0, definition_chars_max))
  return {
    ...rowOf(tool),
    approved,
    classes,
    changes: lines,
    findings: catalogue.findingsOf(server, name).map(visibleText),
    unchecked: catalogue.unchecked(tool),
    definition,
    definition_bytes: tool.definition.length,
  }
}
