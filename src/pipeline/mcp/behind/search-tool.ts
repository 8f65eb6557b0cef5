/** The tool that finds tools: among all that stand behind an address, those that this caller may call. */
import { isJsonObject, readJsonObject } from '../../../base/json.ts'
import { valueAtPath } from '../../../base/json-edit.ts'
import type { ToolSearch } from '../../../catalogue/search.ts'
import type { Json } from '../../../relay/mcp/channel.ts'
import type { End } from '../../../relay/mcp/link.ts'
import type { Client } from '../behind.ts'
import { maySee } from '../visible-tools.ts'
import { absentOf } from './absent.ts'
import { searchTools, type View } from './space.ts'

const found = { usual: 10, max: 50 } as const
const query_chars = 1000
/** Enough to choose by; the whole definition is in the list of tools. */
const description_chars = 500

export const searchToolDefinition = Buffer.from(
  JSON.stringify({
    name: searchTools,
    title: 'Search tools',
    description:
      'Finds the tools that fit a task, among all servers behind this address. Say what you want to do in plain words; it ' +
      'answers names that can be called as they are, the best first.',
    inputSchema: {
      type: 'object',
      properties: {
        query: { type: 'string', minLength: 1, maxLength: query_chars, description: 'What the tools are to do.' },
        limit: {
          type: 'integer',
          minimum: 1,
          maximum: found.max,
          description: `How many, ${found.usual} if not said.`,
        },
      },
      required: ['query'],
      additionalProperties: false,
    },
    outputSchema: {
      type: 'object',
      properties: {
        tools: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              name: { type: 'string' },
              server: { type: 'string' },
              title: { type: 'string' },
              description: { type: 'string' },
              score: { type: 'number' },
            },
            required: ['name', 'server', 'description', 'score'],
          },
        },
        missing: { type: 'array', items: { type: 'object' }, description: 'Servers of which not all tools are known.' },
      },
      required: ['tools', 'missing'],
    },
    annotations: { readOnlyHint: true, openWorldHint: false },
  }),
)

interface Asked {
  readonly query: string
  readonly limit: number
}

export interface SearchParts {
  readonly client: Client
  readonly view: View
  readonly search: ToolSearch
}

export async function answerSearch(parts: SearchParts, params: Json | null): Promise<End> {
  const asked = readAsked(params)
  if (asked === null)
    return resultOf(parts.client, {
      content: [{ type: 'text', text: `query is a text of 1 to ${query_chars} characters, limit 1 to ${found.max}` }],
      isError: true,
    })
  const answer = { tools: await findTools(parts, asked), missing: absentOf(parts.view) }
  return resultOf(parts.client, {
    content: [{ type: 'text', text: JSON.stringify(answer) }],
    structuredContent: answer,
    ...(answer.missing.length > 0 && { _meta: { 'dev.weir/partial': { servers: answer.missing } } }),
  })
}

/** Looks further down the ranks until there are enough that the caller may call. */
async function findTools({ client, view, search }: SearchParts, { query, limit }: Asked): Promise<readonly object[]> {
  const { snapshot } = client.reader
  const searched = view.members.flatMap(({ slug, server }, i) => {
    const listing = view.listings[i]
    return listing ? [{ slug, listing, description: server.settings.description }] : []
  })
  search.forgetAllBut(new Set(snapshot.servers.keys()))
  const shown: object[] = []
  for (const { tool, title, description, score } of search.search(searched, query)) {
    if (shown.length === limit) break
    if (view.space.tools.get(tool.exposed)?.digest !== tool.digest) continue
    if (!(await maySee(tool.name, { ...client.reader, server: tool.server }))) continue
    const rounded = Math.round(score * 100) / 100
    const text = description.slice(0, description_chars)
    const named = { name: tool.exposed, server: tool.server, ...(title !== null && { title }) }
    shown.push({ ...named, description: text, score: rounded })
  }
  return shown
}

function readAsked(params: Json | null): Asked | null {
  const text = params === null ? null : valueAtPath(params, ['arguments'])
  const args = text === null ? null : readJsonObject(text.toString())
  if (!isJsonObject(args)) return null
  const { query, limit = found.usual } = args
  if (typeof query !== 'string' || query.trim() === '' || query.length > query_chars) return null
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > found.max) return null
  return { query, limit }
}

function resultOf({ era }: Client, result: object): End {
  const kind = era === 'modern' ? { resultType: 'complete' } : {}
  return { kind: 'result', result: Buffer.from(JSON.stringify({ ...kind, ...result })) }
}
