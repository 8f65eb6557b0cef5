/** What somebody may call: agents, tools and models, by the same tokens and policies that judge its calls, a page at a time. */
import { setImmediate } from 'node:timers/promises'
import { cleanText } from '../../../base/clean-text.ts'
import type { JsonObject } from '../../../base/json.ts'
import { modelName } from '../../../config/settings-models.ts'
import { covers } from '../../../domain/authority/covers.ts'
import { slugOf } from '../../../domain/ids.ts'
import { decide, mayBe } from '../../../policy/decide.ts'
import { isDenial } from '../../../domain/verdict.ts'
import { subjectOf } from '../../cards/our-card.ts'
import type { Road } from '../../road.ts'
import { maySeeAgent, toolNameOf } from '../agents/visible-agents.ts'
import { maySee, type ToolReader } from '../visible-tools.ts'

type Reader = Omit<ToolReader, 'server'>

export const callableKinds = ['agent', 'model', 'tool'] as const
type CallableKind = (typeof callableKinds)[number]

export const pageSize = { usual: 50, max: 200 } as const
export const name_chars = 300

export interface CallableAsked {
  readonly kinds: readonly CallableKind[]
  /** The place of the last item of the page before; '' for the first page. */
  readonly after: string
  readonly limit: number
}

/** What is asked, or why it does not fit as a sentence for the model. */
export function readCallableAsked(args: JsonObject | null): CallableAsked | string {
  if (args === null) return 'The arguments must be an object'
  const { kind, cursor = '', limit = pageSize.usual } = args
  const one = callableKinds.find((each) => each === kind)
  if (kind !== undefined && one === undefined) return `kind must be one of ${callableKinds.join(', ')}`
  if (typeof cursor !== 'string' || cursor.length > name_chars)
    return 'cursor must be the next_cursor of an earlier answer'
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > pageSize.max)
    return `limit must be a whole number from 1 to ${pageSize.max}`
  return { kinds: one ? [one] : callableKinds, after: cursor, limit }
}

/** One thing that may be callable. */
interface Candidate {
  readonly kind: CallableKind
  /** `agent:research`, `tool:files/read`, `model:openai/gpt-5.5`: also its place in the list. */
  readonly name: string
  may(): boolean | Promise<boolean>
  /** How it is called. */
  show(): JsonObject
}

/** Candidates that are looked at before others get their turn on this thread. */
const looksAtOnce = 200
const description_chars = 300

export async function listCallable(
  road: Road,
  reader: Reader,
  { kinds, after, limit }: CallableAsked,
): Promise<JsonObject> {
  const made = await Promise.all(kinds.map(async (kind) => await candidates[kind](road, reader)))
  const all = made.flat().filter(({ name }) => name > after)
  const items: JsonObject[] = []
  let last = ''
  for (const [i, { kind, name, may, show }] of all.toSorted((a, b) => (a.name < b.name ? -1 : 1)).entries()) {
    if (i % looksAtOnce === looksAtOnce - 1) await setImmediate()
    if (!(await may())) continue
    if (items.length === limit) return { items, next_cursor: last }
    items.push({ kind, name, ...show() })
    last = name
  }
  return { items }
}

type Gather = (road: Road, reader: Reader) => readonly Candidate[] | Promise<readonly Candidate[]>

const candidates: Readonly<Record<CallableKind, Gather>> = { agent: agentsOf, tool: toolsOf, model: modelsOf }

function agentsOf({ cards }: Road, reader: Reader): readonly Candidate[] {
  const { agents, publicUrl } = reader.snapshot
  const callable = [...agents.values()].filter(({ driver }) => driver !== null)
  return callable.map((entry): Candidate => {
    const { id } = entry.settings
    return {
      kind: 'agent',
      name: id,
      may: () => maySeeAgent(id, reader),
      show: () => ({
        description: shortened(subjectOf(entry, cards.standingOf(id)?.pinned ?? null).description),
        how: `A2A at ${publicUrl}/a2a/${slugOf(id)}/, or the tool ${toolNameOf(id)} at ${publicUrl}/mcp/_agents`,
      }),
    }
  })
}

/** Only servers that it may use, and of their tools only what was approved. */
async function toolsOf({ catalogue }: Road, reader: Reader): Promise<readonly Candidate[]> {
  const { snapshot, agent, context } = reader
  const uses = await Promise.all(
    [...snapshot.servers.keys()].map(async (server) => {
      const resource = { kind: 'server', id: server } as const
      const verdict = await decide(snapshot.policy, { action: 'useServer', principal: agent, resource, context })
      return isDenial(verdict) ? [] : [server]
    }),
  )
  const listed = uses.flat().flatMap((server) => catalogue.listing(server).tools)
  const approved = listed.filter(({ state }) => state === 'approved')
  return approved.map(({ server, name, exposed, definition }): Candidate => ({
    kind: 'tool',
    name: `tool:${server}/${name}`,
    may: () => maySee(name, { ...reader, server }),
    show: () => ({
      description: shortened(descriptionIn(definition)),
      how: `the tool ${exposed} at ${snapshot.publicUrl}/mcp, or ${name} at ${snapshot.publicUrl}/mcp/s/${server}`,
    }),
  }))
}

/** Those that the configuration names: a provider may have more. A route is there for whoever may use a place it leads to. */
function modelsOf(_: Road, reader: Reader): readonly Candidate[] {
  const { settings, publicUrl } = reader.snapshot
  const { providers, routes } = settings.models
  const how = (model: string): string => `model ${JSON.stringify(model)} at ${publicUrl}/v1`
  const named = [...providers.values()].flatMap(({ id, models }) =>
    [...models.keys()].map((model): Candidate => {
      const name = modelName({ provider: id, model })
      return {
        kind: 'model',
        name: `model:${name}`,
        may: () => mayUseModel(name, reader),
        show: () => ({ how: how(name) }),
      }
    }),
  )
  const led = [...routes.values()].map(({ name, to, fallback }): Candidate => ({
    kind: 'model',
    name: `model:${name}`,
    async may() {
      for (const place of [...to, ...fallback]) if (await mayUseModel(modelName(place), reader)) return true
      return false
    },
    show: () => ({ how: how(name) }),
  }))
  return [...named, ...led]
}

/** With the shortest answer there is. */
function mayUseModel(model: string, { snapshot, agent, authority, context }: Reader): boolean | Promise<boolean> {
  if (covers(authority, { kind: 'model', model, maxOutputTokens: 1, costMicros: 0 }) !== null) return false
  const asked = { ...context, maxTokens: 1, streaming: false }
  const resource = { kind: 'model', id: model } as const
  return mayBe(snapshot.policy, { action: 'useModel', principal: agent, resource, context: asked })
}

function descriptionIn(definition: Buffer): string {
  const said: unknown = JSON.parse(definition.toString('utf8'))
  const isDescribed = typeof said === 'object' && said !== null && 'description' in said
  return isDescribed && typeof said.description === 'string' ? said.description : ''
}

function shortened(description: string): string {
  return cleanText(description, description_chars)
}
