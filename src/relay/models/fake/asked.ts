/**
 * What a request to the fake provider says, whichever of its APIs it came in: who said what, which tools are offered, how
 * much may be said. Members that the fake does not need are not looked at, as providers ignore little and these ignore much.
 */
import { createHash } from 'node:crypto'
import { type JsonObject, isJsonObject } from '../../../base/json.ts'
import type { ModelDialect } from '../../../domain/call.ts'

export interface Asked {
  readonly dialect: ModelDialect
  readonly model: string
  readonly said: readonly Saying[]
  readonly tools: readonly OfferedTool[]
  /** Tokens; null where the request sets no end. */
  readonly outputMax: number | null
  readonly streaming: boolean
  /** Whether a stream of chat completions ends with what was used. */
  readonly usageAsked: boolean
  /** Answers wanted at once; 1 where the API has only one. */
  readonly choices: number
  /** SHA-256 of path and body in hexadecimal: what ids are made of, so that the same request has the same answer. */
  readonly seed: string
  readonly body: JsonObject
}

/** One text of the conversation, by who said it. */
export interface Saying {
  readonly by: 'user' | 'tool' | 'other'
  readonly text: string
}

export interface OfferedTool {
  readonly name: string
  /** The one property of its arguments that is a string; null where there is none or several. */
  readonly textProperty: string | null
}

/** The most answers at once: fewer than OpenAI gives, because an echo of a long request is long. */
const choices_max = 8

export function seedOf(path: string, body: Uint8Array): string {
  return createHash('sha256').update(path).update('\0').update(body).digest('hex')
}

export function readAsked(dialect: ModelDialect, body: JsonObject, seed: string): Asked {
  const form = forms[dialect]
  return {
    dialect,
    model: String(body['model']),
    said: form.said(body),
    tools: offers(body) ? objectsOf(body['tools']).flatMap(form.tool) : [],
    outputMax: form.ends.map((name) => body[name]).find(isWholeNumber) ?? null,
    streaming: body['stream'] === true,
    usageAsked: isJsonObject(body['stream_options']) && body['stream_options']['include_usage'] === true,
    choices: form.several && isWholeNumber(body['n']) ? Math.min(Math.max(body['n'], 1), choices_max) : 1,
    seed,
    body,
  }
}

/** Where each API has what. */
interface Form {
  said(body: JsonObject): readonly Saying[]
  tool(row: JsonObject): readonly OfferedTool[]
  /** Names of the ceiling of an answer, the preferred one first. */
  readonly ends: readonly string[]
  readonly several?: boolean
}

const silent: Form = { said: () => [], tool: () => [], ends: [] }
const messages: Form = { said: saidInMessages, tool: (row) => toolOf(row, row['input_schema']), ends: ['max_tokens'] }

const forms: Readonly<Record<ModelDialect, Form>> = {
  'openai-chat': {
    said: ({ messages }) => objectsOf(messages).map(sayingOf),
    tool: ({ function: row }) => (isJsonObject(row) ? toolOf(row, row['parameters']) : []),
    ends: ['max_completion_tokens', 'max_tokens'],
    several: true,
  },
  'openai-responses': {
    said: saidInResponses,
    tool: (row) => (row['type'] === 'function' ? toolOf(row, row['parameters']) : []),
    ends: ['max_output_tokens'],
  },
  'openai-embeddings': { ...silent, said: ({ input }) => inputsOf(input).map((text) => ({ by: 'user', text })) },
  'openai-models': silent,
  'anthropic-messages': messages,
  'anthropic-count': messages,
  'anthropic-models': silent,
}

/** `none` is a word at OpenAI and an object with a type at Anthropic. */
function offers({ tool_choice: choice }: JsonObject): boolean {
  return choice !== 'none' && !(isJsonObject(choice) && choice['type'] === 'none')
}

function toolOf(row: JsonObject, schema: unknown): readonly OfferedTool[] {
  const name = row['name']
  if (typeof name !== 'string') return []
  const properties = isJsonObject(schema) && isJsonObject(schema['properties']) ? schema['properties'] : {}
  const texts = Object.entries(properties).filter(([, one]) => isJsonObject(one) && one['type'] === 'string')
  const [only, ...others] = texts
  return [{ name, textProperty: only && others.length === 0 ? only[0] : null }]
}

const speakers: Readonly<Record<string, Saying['by']>> = { user: 'user', tool: 'tool', function: 'tool' }

function sayingOf(message: JsonObject): Saying {
  return { by: speakers[String(message['role'])] ?? 'other', text: textOf(message['content']) }
}

function saidInResponses({ instructions, input }: JsonObject): readonly Saying[] {
  const before: readonly Saying[] = typeof instructions === 'string' ? [{ by: 'other', text: instructions }] : []
  if (typeof input === 'string') return [...before, { by: 'user', text: input }]
  const items = objectsOf(input).flatMap((item): readonly Saying[] => {
    if (item['type'] === 'function_call_output') return [{ by: 'tool', text: textOf(item['output']) }]
    return 'role' in item ? [sayingOf(item)] : []
  })
  return [...before, ...items]
}

/** Results of tools are parts of what the user says here. */
function saidInMessages({ system, messages }: JsonObject): readonly Saying[] {
  const said = objectsOf(messages).flatMap((message): readonly Saying[] => {
    const results = objectsOf(message['content']).filter(({ type }) => type === 'tool_result')
    const told = results.map(({ content }): Saying => ({ by: 'tool', text: textOf(content) }))
    const own = sayingOf(message)
    return own.text === '' && told.length > 0 ? told : [...told, own]
  })
  return system === undefined ? said : [{ by: 'other', text: textOf(system) }, ...said]
}

/** The text of a content: itself, or that of its parts with a space between them. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return objectsOf(content)
    .flatMap(({ text }) => (typeof text === 'string' ? [text] : []))
    .join(' ')
}

/** Texts to embed; one given as tokens is a text of as many words. */
function inputsOf(input: unknown): readonly string[] {
  const rows: readonly unknown[] = Array.isArray(input) && typeof input[0] !== 'number' ? input : [input]
  return rows.map((row) => (Array.isArray(row) ? row.join(' ') : String(row)))
}

function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

function isWholeNumber(value: unknown): value is number {
  return Number.isSafeInteger(value)
}
