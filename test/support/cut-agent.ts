/**
 * An agent whose stream is a recorded one of five events, cut at the byte its caller names. What it says when it is asked
 * for the task afterwards is up to the caller too: that it cannot, that the task is completed, or nothing at all.
 */
import type { Socket } from 'node:net'
import type { DialectName } from '../../src/domain/call.ts'
import { chunk, jsonAnswer, lastChunk, startTarget, streamHead, type Target } from './target.ts'
import { recorded } from './wire-log.ts'

export const bindings = ['jsonrpc', 'rest'] as const
export type Binding = (typeof bindings)[number]
export const endings = ['fin', 'rst'] as const
export const recoveries = ['unsupported', 'completed', 'dead'] as const

export interface Cut {
  /** Bytes that are sent; all of them where it is as long as the answer. */
  readonly at: number
  readonly how: (typeof endings)[number]
  readonly later: (typeof recoveries)[number]
}

export interface CutAgent {
  readonly target: Target
  /** Plans for calls whose text names none, in the order in which they come. */
  readonly plans: Cut[]
}

const named = /^cut:(\d+):(\w+):(\w+)$/

export function textOf({ at, how, later }: Cut): string {
  return `cut:${at}:${how}:${later}`
}

/** The id every JSON-RPC call must have, which is that of the recording. */
export const rpcId = 3

/** The five events of the recording, each with its blank line. */
export function eventsOf(binding: Binding, taskId: string): readonly string[] {
  const dialect: DialectName = `a2a-1.0-${binding}`
  const all = recorded(dialect).filter(({ operation, event }) => operation === 'stream' && event)
  const five = all.slice(0, 5).map(({ event }) => (event ?? '').toString())
  const [, id = ''] = /"task":\{"id":"([^"]+)"/.exec(five[0] ?? '') ?? []
  const context = /"contextId":"([^"]+)"/.exec(five[0] ?? '')?.[1] ?? ''
  return five.map((event) => event.replaceAll(id, taskId).replaceAll(context, `context-${taskId}`))
}

/** All bytes of the answer. */
export function answerOf(binding: Binding, taskId: string): Buffer {
  const events = eventsOf(binding, taskId).map((event) => chunk(event))
  return Buffer.concat([Buffer.from(streamHead), ...events, Buffer.from(lastChunk)])
}

/** Where each event of the answer is complete. */
export function endsOf(binding: Binding): readonly number[] {
  let at = Buffer.byteLength(streamHead)
  return eventsOf(binding, taskIdOf(0)).map((event) => (at += chunk(event).length) - 2)
}

/** All ids have one length, so that every answer has its bytes at the same places. */
function taskIdOf(index: number): string {
  return `t-${String(index).padStart(6, '0')}`
}

export async function startCutAgent(
  binding: Binding,
  send: (socket: Socket, bytes: Buffer, cut: Cut) => void = sendCut,
): Promise<CutAgent> {
  const known = new Map<string, Cut>()
  const plans: Cut[] = []
  const target = await startTarget((socket, request) => {
    const asked = /\/tasks\/(t-\d{6})|"id":"(t-\d{6})"/.exec(request)
    const taskId = asked?.[1] ?? asked?.[2]
    if (taskId !== undefined) return answerLater(socket, { binding, request, taskId, cut: known.get(taskId) })
    const [, at, how, later] = named.exec(/"text":"([^"]*)"/.exec(request)?.[1] ?? '') ?? []
    const plan = at === undefined ? plans.shift() : ({ at: Number(at), how, later } as Cut)
    const cut = plan ?? { at: Number.POSITIVE_INFINITY, how: 'fin', later: 'dead' }
    const id = taskIdOf(known.size)
    known.set(id, cut)
    send(socket, answerOf(binding, id), cut)
  })
  return { target, plans }
}

function sendCut(socket: Socket, bytes: Buffer, { at, how }: Cut): void {
  const close = (): void => void (how === 'fin' ? socket.end() : socket.resetAndDestroy())
  if (at === 0) close()
  else socket.write(bytes.subarray(0, at), close)
}

interface Later {
  readonly binding: Binding
  readonly request: string
  readonly taskId: string
  readonly cut: Cut | undefined
}

function answerLater(socket: Socket, { binding, request, taskId, cut }: Later): void {
  if (cut?.later === 'dead') return void socket.destroy()
  const asksGet =
    binding === 'rest' ? request.startsWith('GET ') && !request.includes(':subscribe') : request.includes('"GetTask"')
  const task = { id: taskId, contextId: `context-${taskId}`, status: { state: 'TASK_STATE_COMPLETED' } }
  const error = { code: -32_004, message: 'Operation is not supported' }
  const does = cut?.later === 'completed' && asksGet
  if (binding === 'jsonrpc') {
    const said = does ? { result: task } : { error }
    socket.write(jsonAnswer(JSON.stringify({ jsonrpc: '2.0', id: idIn(request), ...said })))
    return
  }
  const details = [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'UNSUPPORTED_OPERATION',
      domain: 'a2a-protocol.org',
    },
  ]
  const refused = { error: { code: 400, status: 'FAILED_PRECONDITION', message: error.message, details } }
  socket.write(does ? jsonAnswer(JSON.stringify(task)) : jsonAnswer(JSON.stringify(refused), '400 Bad Request'))
}

function idIn(request: string): unknown {
  return (JSON.parse(request.slice(request.indexOf('\r\n\r\n') + 4)) as { readonly id: unknown }).id
}
