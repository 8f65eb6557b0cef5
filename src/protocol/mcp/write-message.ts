/** JSON-RPC messages around bytes of others, which stay as they are. */
import { editJson, valueAtPath } from '../../base/json-edit.ts'

type Text = Buffer | string

/** `rpcId` is a raw token, as everywhere. */
export function writeResult(rpcId: string, result: Text): Buffer {
  return joined(`{"jsonrpc":"2.0","id":${rpcId},"result":`, result)
}

/** `error` is the object of a JSON-RPC error. */
export function writeError(rpcId: string, error: Text): Buffer {
  return joined(`{"jsonrpc":"2.0","id":${rpcId},"error":`, error)
}

export function writeNotice(method: string, params: Text | null): Buffer {
  const head = `{"jsonrpc":"2.0","method":${JSON.stringify(method)}`
  return params === null ? Buffer.from(`${head}}`) : joined(`${head},"params":`, params)
}

export function writeRequest(id: string, method: string, params: Text | null): Buffer {
  const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":${JSON.stringify(method)}`
  return params === null ? Buffer.from(`${head}}`) : joined(`${head},"params":`, params)
}

/** One event of a stream, whatever lines the message is written in; `id` is what a client asks for the rest with. */
export function writeMessageEvent(message: Buffer, id: string | null = null): Buffer {
  const lines = message.toString('utf8').split(/\r\n|\r|\n/)
  const data = lines.map((line) => `data: ${line}\n`).join('')
  return Buffer.from(`event: message\n${id === null ? '' : `id: ${id}\n`}${data}\n`)
}

/** Sets a member of an object unless it has one of that name. */
export function withDefault(object: Buffer, path: readonly string[], value: string): Buffer {
  return valueAtPath(object, path) === null ? editJson(object, [{ path, value }]) : object
}

function joined(head: string, value: Text): Buffer {
  return Buffer.concat([Buffer.from(head), Buffer.from(value), closing])
}

const closing = Buffer.from('}')
