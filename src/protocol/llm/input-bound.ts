/**
 * The most tokens an input can come to. No tokenizer makes more than one token of a byte, and what JSON writes is never
 * shorter than what it means, so the bytes of a request bound its text. What bytes do not bound is reckoned apart:
 *
 *     pictures          providers scale them to a fixed size, so each is an allowance and its bytes are not counted
 *     sound             an allowance, and a token for every 16 bytes: the thinnest speech is 75 bytes of Base64 a token
 *     files             an allowance, and every byte: those of a text are the text, and a page of a PDF has more bytes than tokens
 *     what is elsewhere an earlier response, a stored prompt, a document behind a link or an id, what a tool of the provider
 *                       reads: nobody here knows, so it is taken for a whole context. An earlier response that is named by its
 *                       id (`previous_response_id`) is told apart where nothing else is missing, because whoever saw it
 *                       knows how much it read and wrote, and that is all of what is not in the request: whatever carries over
 *                       from calls before it was read by it too
 *
 * Sources: the request references of Chat Completions, Responses, Embeddings and Messages.
 */
import { quote } from '../../base/json-bytes.ts'
import type { ModelDialect } from '../../domain/call.ts'
import { inputPlans, partSlot, slots } from './input-plans.ts'
import { type Finder, textAt, walkJson } from './walk.ts'

/** What providers put around messages, tools and roles, in tokens. */
const frame_tokens = 1024
/** What the description of a tool that a provider knows by its type comes to: 735 for that of a computer. */
const knownTool_tokens = 1024
const soundBytesPerToken = 16
/** Nobody has more models to fall back on. */
export const otherModelsMax = 16

/** Ids of responses are much shorter. */
export const idMax = 256

/** The longest context that is sold widely. Stands for input that is not in the request. */
export const context_tokens = 1_048_576

export interface InputBound {
  readonly tokens: number
  /** Whether part of the input is not in the request, so that a context stands for it. */
  readonly boundless: boolean
  /**
   * The id of an earlier response where nothing else is missing: whoever knows what that one read and wrote knows the rest of
   * the input, and may put it in the place of the context. Null where there is none, or more is missing.
   */
  readonly previous: string | null
  /** Models that are named beside the one that is asked: at most one more than `otherModelsMax`. */
  readonly otherModels: readonly string[]
  /** Whether another is named in a way that nobody here can judge, or with a ceiling or a price of its own. */
  readonly obscure: boolean
}

/** The text must have been checked. `media_tokens` is what each picture, sound and file is taken for. */
export function inputBoundOf(bytes: Buffer, dialect: ModelDialect, media_tokens: number): InputBound {
  const reckoning = new Reckoning(bytes)
  walkJson(bytes, inputPlans[dialect], reckoning)
  const { pieces, knownTools, hidden, sound, obscure, previous, otherModels } = reckoning
  const boundless = reckoning.boundless || previous !== null
  const text = bytes.length - hidden + Math.ceil(sound / soundBytesPerToken)
  const around = frame_tokens + knownTools * knownTool_tokens + pieces * media_tokens
  return {
    tokens: text + around + (boundless ? context_tokens : 0),
    boundless,
    obscure,
    previous: reckoning.boundless ? null : previous,
    otherModels: [...otherModels],
  }
}

/** A part of a message, or a whole item, while it is walked. */
interface Part {
  /** Null before it was heard, and `''` where it was said twice. */
  type: string | null
  /** Bytes that are no text, if the part is what it has to be for that. */
  picture: number
  sound: number
  /** It holds something beside text. */
  isMedia: boolean
  /** It points at something that is not in the request. */
  points: boolean
  hasContent: boolean
}

const texts: ReadonlySet<string | null> = new Set([
  'text',
  'input_text',
  'output_text',
  'refusal',
  'summary_text',
  'reasoning_text',
  'thinking',
  'redacted_thinking',
  'tool_use',
  'tool_result',
  'server_tool_use',
  'search_result',
  'tool_reference',
  'web_search_tool_result',
  null,
])
const pictures: ReadonlySet<string | null> = new Set([
  'image_url',
  'input_image',
  'image',
  'computer_screenshot',
  'image_generation_call',
])

/** Tools that the caller runs itself, so that what they find comes in its next request. Everything else reads by itself. */
const callersTools =
  /^(?:function|custom|namespace|apply_patch|local_shell|computer|computer_use_preview)$|^(?:bash|text_editor|computer|memory|computer_toolset|browser_toolset)_\d{8}$/
/** Those whose description is in the request. */
const describedTools: ReadonlySet<string> = new Set(['function', 'custom', 'namespace'])

class Reckoning implements Finder {
  pieces = 0
  knownTools = 0
  hidden = 0
  sound = 0
  boundless = false
  previous: string | null = null
  obscure = false
  readonly otherModels = new Set<string>()
  #namings = 0
  readonly #bytes: Buffer
  /** The parts that are open, the innermost last: a result of a tool has parts itself. */
  readonly #open: Part[] = []

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  opens(slot: number): void {
    if (slot === partSlot || slot === slots.item)
      this.#open.push({ type: null, picture: 0, sound: 0, isMedia: false, points: false, hasContent: false })
  }

  found(slot: number, start: number, end: number): boolean {
    const isNull = this.#bytes[start] === 0x6e
    if (slot === slots.elsewhere) this.boundless ||= !isNull && !isNothing(this.#bytes, start, end)
    else if (slot === slots.previous) this.#goOnFrom(isNull ? '' : textAt(this.#bytes, start, end))
    else if (slot === slots.model || (slot === slots.models && this.#bytes[start] !== 0x5b)) this.#model(start, end)
    else if (slot === slots.toolType) this.#tool(textAt(this.#bytes, start, end))
    else if (slot === partSlot || slot === slots.item) this.#close(slot, this.#bytes[start])
    else if (!isNull) this.#note(slot, start, end)
    return false
  }

  /** What is no id, or one of an unusual length, is somebody else's idea of one. */
  #goOnFrom(id: string | null): void {
    if (id === null || id.length > idMax) this.boundless = true
    else if (id !== '') this.previous = id
  }

  #model(start: number, end: number): void {
    if (this.#bytes[start] === 0x6e || this.obscure || this.otherModels.size > otherModelsMax) return
    this.#namings += 1
    const isTooMuch = this.#namings > namings_max || end - start > otherModelBytes_max
    const name = isTooMuch ? null : otherModelIn(this.#bytes.toString('utf8', start, end))
    if (name === null) this.obscure = true
    else this.otherModels.add(name)
  }

  #tool(type: string | null): void {
    if (type === null) return
    if (!callersTools.test(type)) this.boundless = true
    if (!describedTools.has(type)) this.knownTools += 1
  }

  #note(slot: number, start: number, end: number): void {
    const part = this.#open.at(-1)
    if (part === undefined) return
    const bytes = this.#bytes[start] === quote ? end - start - 2 : 0
    if (slot === slots.type) part.type = part.type === null ? textAt(this.#bytes, start, end) : ''
    else if (slot === slots.content) part.hasContent = true
    else part.isMedia = true
    if (slot === slots.picture && isPicture(this.#bytes, start)) part.picture += bytes
    else if (slot === slots.data) part.picture += bytes
    else if (slot === slots.sound) part.sound += bytes
    else if (slot === slots.pointer) part.points ||= !isEmbedded(this.#bytes, start)
  }

  #close(slot: number, first: number | undefined): void {
    if (first !== 0x7b) return
    const part = this.#open.pop()
    if (part === undefined) return
    const isPictured = pictures.has(part.type)
    if (part.isMedia || (slot === partSlot && !texts.has(part.type))) this.pieces += 1
    if (isPictured) this.hidden += part.picture
    if (part.type === 'input_audio') {
      this.hidden += part.sound
      this.sound += part.sound
    }
    // A picture behind a link is a picture; a document behind one is of any length.
    if (part.points && !isPictured) this.boundless = true
    if (slot === slots.item) this.#closeItem(part)
  }

  /** Items of Responses may be named instead of sent; reasoning that is kept for them is taken for a picture. */
  #closeItem({ type, hasContent }: Part): void {
    if (type === 'item_reference' || (type === null && !hasContent)) this.boundless = true
    if (type === 'reasoning') this.pieces += 1
  }
}

/** What may stand beside its name: neither has the model write more than the call allows, nor makes it dearer. */
const besideModel: ReadonlySet<string> = new Set(['model', 'thinking', 'output_config'])
/** The same ones may be named again, by several tools. */
const namings_max = 128
/** With a schema for its answer. */
const otherModelBytes_max = 65_536
/** As in a configuration. */
const nameForm = /^[\x21-\x7e]{1,256}$/

/** The name in `"name"` or `{"model":"name"}`; null for what is neither, or says more. */
function otherModelIn(json: string): string | null {
  const said: unknown = JSON.parse(json)
  const row = typeof said === 'string' ? { model: said } : said
  if (typeof row !== 'object' || row === null || !('model' in row) || typeof row.model !== 'string') return null
  if (!nameForm.test(row.model)) return null
  return Object.entries(row).every(([name, value]) => value === null || besideModel.has(name)) ? row.model : null
}

/** An empty list or text. */
function isNothing(bytes: Buffer, start: number, end: number): boolean {
  return end - start === 2 && bytes[start] !== 0x7b
}

const picturePrefix = Buffer.from('"data:image/')
const embeddedPrefix = Buffer.from('"data:')

function isPicture(bytes: Buffer, start: number): boolean {
  return startsWith(bytes, start, picturePrefix)
}

function isEmbedded(bytes: Buffer, start: number): boolean {
  return startsWith(bytes, start, embeddedPrefix)
}

function startsWith(bytes: Buffer, start: number, prefix: Buffer): boolean {
  return bytes.subarray(start, start + prefix.length).equals(prefix)
}
