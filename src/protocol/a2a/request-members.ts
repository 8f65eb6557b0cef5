/**
 * The members of a request that the road reads. Strictly: each may appear once and no other spelling may stand beside it,
 * for whatever is read here decides whose task is touched, and the target must read the same.
 */
import { type JsonMistake, type JsonSpans, scanJson } from '../../base/json-scan.ts'
import type { JsonKind } from '../../base/json-bytes.ts'
import { jsonShape } from '../../base/json-shape.ts'
import type { A2aVersion } from './revision.ts'

/** Members of the parameters of any operation, in any revision. */
const members = [
  'tenant',
  'message',
  'message.taskId',
  'message.contextId',
  'message.referenceTaskIds',
  'configuration',
  'configuration.taskPushNotificationConfig',
  'configuration.pushNotificationConfig',
  'configuration.pushNotification',
  'configuration.historyLength',
  'configuration.returnImmediately',
  'configuration.blocking',
  'configuration.acceptedOutputModes',
  'metadata',
  'id',
  'name',
  'taskId',
  'pushNotificationConfig',
  'pushNotificationConfigId',
  'historyLength',
  'contextId',
  'status',
  'pageSize',
  'pageToken',
  'statusTimestampAfter',
  'includeArtifacts',
] as const

export type Member = (typeof members)[number]

const envelope = ['jsonrpc', 'id', 'method', 'params'] as const

type Names = Readonly<Record<Member, string>>

const rpcNames = namesOf((member) => `params.${member}`)
const restNames = namesOf((member) => member)

function namesOf(name: (member: Member) => string): Names {
  return Object.fromEntries(members.map((member) => [member, name(member)])) as Names
}

const rpcShape = jsonShape<string>([...envelope, ...Object.values(rpcNames)], 'refuse')
/** In the protobuf of 0.3 the message is called `request` as well. */
const restShape = jsonShape<string>(['request', ...Object.values(restNames)], 'refuse')

/** The parameters of one request, wherever they stand in it. */
export class RequestMembers {
  readonly #spans: JsonSpans<string>
  readonly #names: Names

  constructor(spans: JsonSpans<string>, names: Names) {
    this.#spans = spans
    this.#names = names
  }

  kindOf(member: Member): JsonKind | null {
    return this.#spans.kindOf(this.#names[member])
  }

  text(member: Member): string | null {
    return this.#spans.text(this.#names[member])
  }

  raw(member: Member): string | null {
    return this.#spans.raw(this.#names[member])
  }

  /** Where the value stands in the body. */
  placeOf(member: Member): readonly [start: number, end: number] {
    const name = this.#names[member]
    return [this.#spans.start(name), this.#spans.end(name)]
  }

  /** Whether the member says nothing, `{}` included. */
  isEmpty(member: Member): boolean {
    const kind = this.kindOf(member) ?? 'null'
    if (kind !== 'object') return kind === 'null'
    const [start, end] = this.placeOf(member)
    return end - start === 2
  }

  /** Whether the member says nothing: `null` and absent are the same. */
  lacks(member: Member): boolean {
    return (this.kindOf(member) ?? 'null') === 'null'
  }
}

export interface Envelope {
  readonly kind: 'envelope'
  readonly spans: JsonSpans<string>
  readonly params: RequestMembers
}

/** Reads the envelope of JSON-RPC and the parameters in it. */
export function scanRpc(body: Buffer): Envelope | JsonMistake {
  const spans = scanJson(body, rpcShape)
  return spans.kind === 'mistake' ? spans : { kind: 'envelope', spans, params: new RequestMembers(spans, rpcNames) }
}

/** Reads the body of a REST request; `ambiguous` where it has its message twice. Only 0.3 has two names for it. */
export function scanRest(body: Buffer, version: A2aVersion): RequestMembers | JsonMistake | 'ambiguous' {
  const spans = scanJson(body, restShape)
  if (spans.kind === 'mistake') return spans
  return version === '0.3' && spans.has('request') ? 'ambiguous' : new RequestMembers(spans, restNames)
}
