/** The client kinds of the matrix: every client of both SDKs over both bindings behind one interface. */
import type { PlainPart } from './matrix-script.ts'
import { client03 } from './matrix-client-03.ts'
import { client10 } from './matrix-client-10.ts'
import type { View, TaskView } from './matrix-view.ts'

export interface Sending {
  readonly text: string
  readonly parts?: readonly PlainPart[]
  readonly taskId?: string
  readonly contextId?: string
  /** Whether to wait for the end; as the client does by itself where absent. */
  readonly blocking?: boolean
  readonly push?: PushView
}

/** A webhook as a client registers it, or as it is shown to it. */
export interface PushView {
  readonly id: string
  readonly url: string
  readonly token?: string | undefined
  readonly credentials?: string | undefined
}

export interface MatrixClient {
  send(sending: Sending): Promise<View>
  stream(sending: Sending): AsyncGenerator<View>
  get(id: string, historyLength?: number): Promise<TaskView>
  cancel(id: string): Promise<TaskView>
  subscribe(id: string): AsyncGenerator<View>
  /** Null where the client has no such method: 0.3 knows none. */
  readonly list: ((contextId: string) => Promise<readonly TaskView[]>) | null
  createPush(taskId: string, config: PushView): Promise<PushView>
  getPush(taskId: string, id: string): Promise<PushView>
  listPush(taskId: string): Promise<readonly PushView[]>
  deletePush(taskId: string, id: string): Promise<void>
  /** The name and the skills in the extended card. */
  extendedCard(): Promise<{ readonly name: string; readonly skills: number }>
}

export type Binding = 'jsonrpc' | 'rest'

export interface ClientKind {
  readonly name: string
  readonly speaks: '1.0' | '0.3'
  readonly binding: Binding
  /**
   * Whether it loses what the SDKs lose of 0.3 on its way through protobuf: names of files, metadata of parts and with it
   * what says that a value is no object, and in a client whether an artifact is appended.
   */
  readonly protobuf03: boolean
  readonly open: (base: string, fetchImpl: typeof fetch) => Promise<MatrixClient>
}

const bindings = { jsonrpc: 'JSON-RPC', rest: 'HTTP+JSON' } as const

export const clientKinds: readonly ClientKind[] = (['jsonrpc', 'rest'] as const).flatMap((binding) => [
  {
    name: `SDK 1.3.0, ${bindings[binding]}`,
    speaks: '1.0' as const,
    binding,
    protobuf03: false,
    open: (base: string, fetchImpl: typeof fetch) => client10({ base, fetchImpl, binding, compat: false }),
  },
  {
    name: `SDK 1.3.0 with compatibility, ${bindings[binding]}`,
    speaks: '0.3' as const,
    binding,
    protobuf03: binding === 'rest',
    open: (base: string, fetchImpl: typeof fetch) => client10({ base, fetchImpl, binding, compat: true }),
  },
  {
    name: `SDK 0.3.14, ${bindings[binding]}`,
    speaks: '0.3' as const,
    binding,
    protobuf03: binding === 'rest',
    open: (base: string, fetchImpl: typeof fetch) => client03({ base, fetchImpl, binding }),
  },
])

/** fetch as one caller, with the words it sent and heard kept for whoever looks at the wire. */
export function fetchAs(key: string, seen: (request: Request) => void = () => undefined): typeof fetch {
  return (input, init) => {
    const request = new Request(input, init)
    request.headers.set('authorization', `Bearer ${key}`)
    seen(request)
    return fetch(request)
  }
}
