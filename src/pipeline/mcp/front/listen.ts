/**
 * `subscriptions/listen` (2026-07-28): a request whose answer is what changes. The first message says what of its wishes is
 * honoured, every one is tagged with the id of the request, and an end in good order is a result.
 */
import { editJson, valueAtPath } from '../../../base/json-edit.ts'
import { isJsonObject, readJsonObject, type JsonObject } from '../../../base/json.ts'
import { type Denial, isDenial } from '../../../domain/verdict.ts'
import { writeMcpDenial } from '../../../protocol/mcp/faces.ts'
import { mcpError } from '../../../protocol/mcp/read-call.ts'
import { capabilitiesIn } from '../../../protocol/mcp/read-front.ts'
import { resultForModern } from '../../../protocol/mcp/results.ts'
import { codes, metaPrefix } from '../../../protocol/mcp/words.ts'
import { writeNotice, writeResult } from '../../../protocol/mcp/write-message.ts'
import type { Json } from '../../../relay/mcp/channel.ts'
import type { Listening, Wants } from '../../../relay/mcp/link.ts'
import { refuse } from '../../refuse.ts'
import { watchOf } from '../../standing.ts'
import { refusalOfPass } from '../threshold.ts'
import { type Guest, letInAgain } from './guest.ts'
import { textAt } from './levels.ts'
import { jsonAnswer, ModernLine } from './line.ts'
import { answerOwn, recordOwn } from './own-answer.ts'

/** More names than this one client does not watch. */
const names_max = 1024

/** What a notification is heard for. */
const wantedBy: Readonly<Record<string, keyof Wants>> = {
  'notifications/tools/list_changed': 'toolsListChanged',
  'notifications/prompts/list_changed': 'promptsListChanged',
  'notifications/resources/list_changed': 'resourcesListChanged',
  'notifications/resources/updated': 'resources',
  'notifications/tasks': 'tasks',
}

export async function serveListen(guest: Guest): Promise<void> {
  const { arrival, received, road, behind } = guest
  const asked = wishesIn(arrival.params)
  const { rpcId } = arrival.call
  if (asked === null) {
    const error = { code: codes.params, message: 'params.notifications says what to listen to' }
    const written = mcpError(200, error, rpcId)
    return answerOwn(guest, { ...written, body: Buffer.from(written.body) })
  }
  const kept = refusalOfPass(road, received)
  if (kept) return await refuse(received.visit, kept)
  const about = await behind.about()
  const wants = honoured(asked, readJsonObject(about.capabilities.toString('utf8'), 64) ?? {})
  if (!received.visit.reply.closed) new Subscription(guest, wants).open()
}

class Subscription {
  readonly #guest: Guest
  readonly #wants: Wants
  readonly #line: ModernLine
  readonly #standing: () => Denial | null
  #listening: Listening | null = null
  #forget: () => void = () => undefined
  #over = false
  /** What was said since its client stopped reading; null while it reads. */
  #behind_bytes: number | null = null

  constructor(guest: Guest, wants: Wants) {
    const { visit } = guest.received
    this.#guest = guest
    this.#wants = wants
    this.#standing = watchOf(visit)
    this.#line = new ModernLine(visit.reply, guest.road.fronts.bench)
    this.#line.events = {
      ...this.#line.events,
      onFull: () => void (this.#behind_bytes = 0),
      onRoom: () => void (this.#behind_bytes = null),
      onGone: () => this.#close(),
      onSilence: () => void this.#mayGoOn(),
    }
  }

  open(): void {
    const { road, received, behind, warrant } = this.#guest
    const { id } = received.visit.call
    road.followers.begin({ id, standing: this.#standing, halt: (denial) => this.#halt(denial), endless: true })
    this.#say(
      'notifications/subscriptions/acknowledged',
      Buffer.from(JSON.stringify({ notifications: shown(this.#wants) })),
    )
    if (Object.keys(shown(this.#wants)).length === 0) return this.#end()
    this.#forget = road.fronts.onReload(() => void this.#reload())
    this.#listening = behind.listen(warrant, this.#wants, this.#hearer())
  }

  #hearer(): Parameters<Guest['behind']['listen']>[2] {
    return {
      onNotice: (method, params) => this.#hear(method, params),
      // Nothing may be asked on it; who waits for an answer learns that at once.
      onAsk: (ask, answer) => {
        const error = Buffer.from(JSON.stringify({ code: codes.method, message: 'Nobody is there to be asked' }))
        answer(new Map([...ask.questions.keys()].map((key) => [key, { kind: 'error', error }])))
      },
      onEnd: () => this.#end(),
    }
  }

  #hear(method: string, params: Json | null): void {
    const want = wantedBy[method]
    const value = want === undefined ? undefined : this.#wants[want]
    if (value === undefined || value === false || !this.#mayGoOn()) return
    if (want === 'resources' && !isWatched(params, this.#wants.resources)) return
    this.#say(method, params)
  }

  /** Other policies, other lists: whoever listens asks again, and listens to what it may use now. */
  async #reload(): Promise<void> {
    const { arrival } = this.#guest
    const declared = { era: 'modern', session: null, capabilities: capabilitiesIn(arrival.params) } as const
    const again = await letInAgain(this.#guest, declared)
    if (this.#over) return
    if (isDenial(again)) return this.#halt(again)
    this.#listening?.close()
    this.#listening = again.behind.listen(again.warrant, this.#wants, this.#hearer())
    for (const [method, want] of Object.entries(wantedBy)) if (this.#wants[want] === true) this.#hear(method, null)
  }

  #say(method: string, params: Json | null): void {
    const path = ['_meta', `${metaPrefix}subscriptionId`]
    const value = this.#guest.arrival.call.rpcId
    const notice = writeNotice(method, editJson(params ?? Buffer.from('{}'), [{ path, value }]))
    if (this.#isTooSlow(notice.length)) return this.#end()
    this.#line.say(notice)
  }

  /** Whoever does not read what it is told asks for it anew, and nobody keeps it meanwhile. */
  #isTooSlow(bytes: number): boolean {
    if (this.#behind_bytes === null) return false
    this.#behind_bytes += bytes
    return this.#behind_bytes > this.#guest.received.visit.snapshot.settings.maximums.mcp_stream_bytes
  }

  #mayGoOn(): boolean {
    if (this.#over) return false
    const denial = this.#standing()
    if (denial) this.#halt(denial)
    return denial === null
  }

  #halt(denial: Denial): void {
    if (this.#over) return
    if (denial.rule === 'gateway.stop') return this.#end()
    const { call } = this.#guest.received.visit
    const { body, ...head } = writeMcpDenial(denial, { call, run: null })
    this.#line.answer({ ...head, body: Buffer.from(body) })
    this.#close()
  }

  /** In good order. */
  #end(): void {
    if (this.#over) return
    const { rpcId, method } = this.#guest.arrival.call
    const result = Buffer.from(`{"resultType":"complete","_meta":{"${metaPrefix}subscriptionId":${rpcId}}}`)
    const { serverInfo } = this.#guest.road.fronts
    this.#line.answer(jsonAnswer(writeResult(rpcId, resultForModern(result, method, serverInfo))))
    this.#close()
  }

  #close(): void {
    if (this.#over) return
    this.#over = true
    const { road, received } = this.#guest
    this.#forget()
    this.#listening?.close()
    road.followers.end(received.visit.call.id)
    recordOwn(received.visit, this.#line.bytesOut)
  }
}

function wishesIn(params: Buffer | null): JsonObject | null {
  const said = params && valueAtPath(params, ['notifications'])
  return said === null ? null : readJsonObject(said.toString('utf8'))
}

/** What of the wishes can be met, by what is said to change here. */
function honoured(asked: JsonObject, capabilities: JsonObject): Wants {
  const can = (name: string, member: string): boolean => {
    const capability = capabilities[name]
    return isJsonObject(capability) && capability[member] === true
  }
  const changes = (wish: string, name: string): boolean => asked[wish] === true && can(name, 'listChanged')
  const { extensions } = capabilities
  const hasTasks = isJsonObject(extensions) && extensions[`${metaPrefix}tasks`] !== undefined
  return {
    toolsListChanged: changes('toolsListChanged', 'tools'),
    promptsListChanged: changes('promptsListChanged', 'prompts'),
    resourcesListChanged: changes('resourcesListChanged', 'resources'),
    resources: can('resources', 'subscribe') ? namesIn(asked['resourceSubscriptions']) : [],
    tasks: hasTasks ? namesIn(asked['taskIds']) : [],
  }
}

function namesIn(list: unknown): readonly string[] {
  if (!Array.isArray(list)) return []
  return list.filter((each): each is string => typeof each === 'string').slice(0, names_max)
}

/** The wishes that are met, as the client spelled them. */
function shown({ resources, tasks, ...flags }: Wants): JsonObject {
  const yes = Object.entries(flags).filter(([, wanted]) => wanted)
  return {
    ...Object.fromEntries(yes),
    ...(resources.length > 0 && { resourceSubscriptions: resources }),
    ...(tasks.length > 0 && { taskIds: tasks }),
  }
}

/** What changed may also be a part of what is watched (2026-07-28, resources). */
function isWatched(params: Json | null, uris: readonly string[]): boolean {
  const uri = textAt(params, ['uri'])
  return uri !== null && uris.some((watched) => uri.startsWith(watched))
}
