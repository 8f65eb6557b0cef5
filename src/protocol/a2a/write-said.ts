/**
 * Writes what an agent said for a caller of any dialect: the very bytes where dialect and id are the same, a splice of
 * bytes where only the envelope differs, and a translation where the grammar does.
 */
import { jsonShape } from '../../base/json-shape.ts'
import { scanJson } from '../../base/json-scan.ts'
import type { Call } from '../../domain/call.ts'
import { isRest } from './methods.ts'
import { neutralOf } from './neutral.ts'
import { answersWithTask, type Grammar, grammars, type Origin, type Said } from './said.ts'
import { eventFrom10 } from './translate/event.ts'

/** Who is answered, and to what. */
export type Asker = Pick<Call, 'dialect' | 'operation' | 'rpcId'>

/** The JSON text for the caller, with its envelope. `last` says that the stream ends here, which 0.3 wants to be told. */
export function writeSaid(said: Said, call: Asker, last = false): Buffer {
  const { origin } = said
  return origin !== null && isFor(origin, call) ? origin.bytes : envelope(bodyOf(said, call, last), call)
}

/** The whole server-sent event for the caller. */
export function writeSaidEvent(said: Said, call: Asker, last = false): Buffer {
  const { origin } = said
  if (origin !== null && origin.event !== null && isFor(origin, call)) return origin.event
  const { dialect, operation, rpcId } = call
  const grammar = grammars[dialect]
  if (said.grammar !== grammar && !answersWithTask(operation)) {
    // Written here, so it is one line.
    const text = translated(said, grammar, last)
    return Buffer.from(
      isRest(dialect) ? `data: ${text}\n\n` : `data: {"jsonrpc":"2.0","id":${rpcId},"result":${text}}\n\n`,
    )
  }
  return Buffer.concat([dataField, oneLine(writeSaid(said, call, last)), blankLine])
}

/** The body of a notification for a webhook of that version. One of 0.3 expects tasks; it gets any other event as 0.3 has it. */
export function writePushBody(said: Said, version: '1.0' | '0.3'): Buffer {
  return inGrammar(said, version, false)
}

/** `body` in the envelope of the caller's binding; REST has none. */
export function envelope(body: Buffer, { dialect, rpcId }: Asker): Buffer {
  if (isRest(dialect)) return body
  return Buffer.concat([Buffer.from(`{"jsonrpc":"2.0","id":${rpcId},"result":`), body, closes])
}

const closes = Buffer.from('}')
const dataField = Buffer.from('data: ')
const blankLine = Buffer.from('\n\n')

function isFor(origin: Origin, { dialect, operation, rpcId }: Asker): boolean {
  if (origin.dialect !== dialect || origin.rpcId !== rpcId) return false
  return grammars[dialect] === '0.3' || (origin.bare ?? false) === answersWithTask(operation)
}

function bodyOf(said: Said, { dialect, operation }: Asker, last: boolean): Buffer {
  const grammar = grammars[dialect]
  const whole = inGrammar(said, grammar, last)
  return grammar !== '0.3' && answersWithTask(operation) ? taskIn(whole) : whole
}

function inGrammar(said: Said, grammar: Grammar, last: boolean): Buffer {
  if (said.grammar === grammar) return said.payload
  return Buffer.from(translated(said, grammar, last))
}

function translated(said: Said, grammar: Grammar, last: boolean): string {
  return JSON.stringify(eventFrom10(neutralOf(said), grammar, last || said.seen.last))
}

const taskShape = jsonShape(['task'], 'ignore')

/** The task alone; what is no task stays as it is. */
function taskIn(event: Buffer): Buffer {
  const spans = scanJson(event, taskShape)
  return (spans.kind === 'mistake' ? null : spans.slice('task')) ?? event
}

/** A line break in valid JSON is white space, and an event that is written here has one data line. */
function oneLine(json: Buffer): Buffer {
  if (!lineBreaks.some((byte) => json.includes(byte))) return json
  const line = Buffer.from(json)
  for (const byte of lineBreaks)
    for (let at = line.indexOf(byte); at !== -1; at = line.indexOf(byte, at)) line[at] = 0x20
  return line
}

const lineBreaks = [0x0a, 0x0d] as const
