/** Requests under way: to a server whose link may have to be opened first, or answered by Weir itself. */
import { arrayItems, editJson, valueAtPath } from '../../../base/json-edit.ts'
import type { Fault } from '../../../domain/fault.ts'
import { type Denial, isDenial } from '../../../domain/verdict.ts'
import { codeOf } from '../../../protocol/mcp/results.ts'
import { renameInParams, renameInResult, type Renames } from '../../../protocol/mcp/renames.ts'
import type { Json } from '../../../relay/mcp/channel.ts'
import { codes } from '../../../protocol/mcp/words.ts'
import { textIn } from './requests.ts'
import type { Answer, Ask, End, Hearer, Talk } from '../../../relay/mcp/link.ts'

/** A request that waits for its link. Whatever is said to it meanwhile holds for the request as well. */
export class LinkTalk implements Talk {
  readonly #hearer: Hearer
  #talk: Talk | null = null
  #over = false
  #paused = false

  constructor(opening: Promise<Fault | Denial | (() => Talk)>, hearer: Hearer) {
    this.#hearer = hearer
    void opening.then((begin) => this.#begin(begin))
  }

  get sent(): boolean {
    return this.#talk?.sent ?? false
  }

  answer(answers: ReadonlyMap<string, Answer>): void {
    this.#talk?.answer(answers)
  }

  cancel(reason: string): void {
    this.#over = true
    this.#talk?.cancel(reason)
  }

  pause(): void {
    this.#paused = true
    this.#talk?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#talk?.resume()
  }

  #begin(begin: Fault | Denial | (() => Talk)): void {
    if (this.#over) return
    if (isDenial(begin)) return this.#hearer.onEnd({ kind: 'denial', denial: begin })
    if (typeof begin !== 'function') return this.#hearer.onEnd({ kind: 'fault', fault: begin })
    this.#talk = begin()
    if (this.#paused) this.#talk.pause()
  }
}

/** What Weir answers itself: nothing of it reaches a server. */
export function ownTalk(answer: Promise<End>, hearer: Hearer): Talk {
  let over = false
  const tell = async (): Promise<void> => {
    const end = await answer
    if (!over) hearer.onEnd(end)
  }
  void tell()
  return {
    answer: () => undefined,
    cancel: () => void (over = true),
    pause: () => undefined,
    resume: () => undefined,
    sent: false,
  }
}

/** What a server says, in the words of the address. */
export interface Voice {
  readonly server: string
  readonly names: Renames
  /** Whether its log messages need the name of the server, because others stand beside it. */
  readonly labelled: boolean
}

/** `voice` is asked for each message, for what a URI means may change meanwhile. */
export function hearerOf(method: string, voice: () => Voice, hearer: Hearer): Hearer {
  return {
    onNotice: (noticed, params) => hearer.onNotice(noticed, noticeOf(noticed, params, voice())),
    onAsk: (ask) => hearer.onAsk(askOf(ask, voice())),
    onEnd: (end) => {
      if (end.kind === 'result')
        return hearer.onEnd({ ...end, result: unposed(renameInResult(method, end.result, voice().names)) })
      hearer.onEnd(end.kind === 'error' ? { ...end, error: errorOf(end.error, voice()) } : end)
    },
  }
}

/** What only Weir says of a result; a server that says it would pass off its answer as ours. */
const ofWeir = ['problem', 'partial', 'server', 'connect'].map((name) => `dev.weir/${name}`)

function unposed(result: Json): Json {
  if (valueAtPath(result, ['_meta']) === null) return result
  return editJson(
    result,
    ofWeir.map((name) => ({ path: ['_meta', name], value: undefined })),
  )
}

/** More pages than these nobody is sent to for one request. */
const pages_max = 16

/** Pages that an error sends a person to are questions as well. */
function errorOf(error: Json, { server }: Voice): Json {
  if (codeOf(error) !== codes.urlElicitation) return error
  const list = valueAtPath(error, ['data', 'elicitations'])
  const pages = list === null ? [] : arrayItems(list, pages_max)
  if (pages.length > pages_max) return editJson(error, [{ path: ['data'], value: undefined }])
  const value = JSON.stringify(server)
  return editJson(
    error,
    pages.map((_, i) => ({ path: ['data', 'elicitations', i, ...originPath], value })),
  )
}

const originPath = ['_meta', 'dev.weir/server']

export function noticeOf(method: string, params: Json | null, { server, names, labelled }: Voice): Json | null {
  if (params === null) return null
  const renamed = renameInParams(method, params, names)
  if (!labelled || method !== 'notifications/message') return renamed
  const own = textIn(renamed, ['logger'])
  const logger = own === null ? server : `${server}/${own}`
  return editJson(renamed, [{ path: ['logger'], value: JSON.stringify(logger) }])
}

const noParams = Buffer.from('{}')

/** Whoever is asked sees which server asks, for only the operator gives servers their names. */
export function askOf(ask: Ask, { server, names }: Voice): Ask {
  const value = JSON.stringify(server)
  const questions = [...ask.questions].map(([key, { method, params }]) => {
    const renamed = renameInParams(method, params ?? noParams, names)
    return [key, { method, params: editJson(renamed, [{ path: originPath, value }]) }] as const
  })
  return { ...ask, questions: new Map(questions) }
}
