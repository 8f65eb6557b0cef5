/** Events of a stream of messages: what one of them answers, and the same event with another message in it. */
import { jsonShape } from '../../base/json-shape.ts'
import { scanJson } from '../../base/json-scan.ts'
import type { SseEvent } from '../sse.ts'

const shape = jsonShape(['id', 'result', 'error'], 'ignore')

/** Whether a message is the answer to the request of that id. */
export function isAnswerTo(message: Buffer, rpcId: string): boolean {
  const spans = scanJson(message, shape)
  return spans.kind === 'spans' && spans.raw('id') === rpcId && (spans.has('result') || spans.has('error'))
}

const idField = /^id:/m

/** Whether a client can ask for what comes after this event (`Last-Event-ID`). */
export function isResumable({ bytes }: SseEvent): boolean {
  return idField.test(bytes.toString('latin1'))
}

export function writeMessageEvent(message: string): string {
  return `event: message\ndata: ${message}\n\n`
}

/** The event with its id, name and comments as they were, and this message as its data. */
export function withMessage({ bytes }: SseEvent, message: Buffer): Buffer {
  const lines = bytes.toString('utf8').split(/\r\n|\r|\n/)
  const others = lines.filter((line) => line !== '' && line !== 'data' && !line.startsWith('data:'))
  const data = message
    .toString('utf8')
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}`)
  return Buffer.from(`${[...others, ...data].join('\n')}\n\n`)
}
