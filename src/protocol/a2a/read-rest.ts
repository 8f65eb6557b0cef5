/** Reads a request of the HTTP+JSON binding: the path says what is asked, query and body say the rest (A2A 1.0 section 11). */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { type Call, isHopOperation, type Operation } from '../../domain/call.ts'
import type { AgentId, HopId } from '../../domain/ids.ts'
import type { Inbound } from '../http.ts'
import type { FailureTo } from './failure.ts'
import { isOtherType, malformed, type Malformed, unreadable, unsupportedVersion, wrongVerb } from './malformed.ts'
import { dialects } from './methods.ts'
import { negotiate, supportedVersions } from './negotiate.ts'
import { spellOut } from './proto-names.ts'
import { readSend } from './read-send.ts'
import { scanRest } from './request-members.ts'
import { grammarOfPath, readRestPath, type RestPath } from './rest-path.ts'
import type { A2aVersion } from './revision.ts'
import { readRestParams } from './rest-params.ts'
import { type Subject, subjectOf } from './subject.ts'
import { type BadParams, badParams, isBadParams, noTenant, type TaskParamsOf } from './task-params.ts'

/** What a call is made of beside its path. */
interface Arrival {
  readonly inbound: Inbound
  readonly agent: AgentId
  readonly id: HopId
}

/** `rest` is the raw path behind that of the agent, at least a slash and one character. */
export function readRest(arrival: Arrival, rest: string): Call | Malformed {
  const { inbound } = arrival
  const grammar = grammarOfPath(rest)
  const version = negotiate(inbound, grammar)
  if (version === null) return unsupportedVersion(callerOf(inbound, grammar, 'send'), supportedVersions)
  const path = readRestPath(rest, version)
  const caller = callerOf(inbound, version, 'send')
  if (path === 'tenant') return malformed(caller, 'invalid_params', noTenant.message)
  if (path === null) return malformed(caller, 'method_not_found', `A2A ${version} has no such path`)
  const operation = path.verbs.get(inbound.method)
  if (operation === undefined) {
    // The path of a task whose id has a colon is also that of a verb nobody knows.
    const isStrangeVerb = inbound.method === 'POST' && /:[^/]*$/.test(rest)
    return isStrangeVerb && path.template.endsWith('/tasks/{id}')
      ? malformed(caller, 'method_not_found', `A2A ${version} has no such verb`)
      : wrongVerb(caller, [...path.verbs.keys()])
  }
  return readOperation(arrival, path, { operation, version })
}

/** What a request without a body says, and one whose body nobody reads. */
const noBody = Buffer.from('{}')
const nothing = Buffer.alloc(0)

interface Asked {
  readonly operation: Operation
  readonly version: A2aVersion
}

function readOperation({ inbound, agent, id }: Arrival, path: RestPath, asked: Asked): Call | Malformed {
  const { operation, version } = asked
  const to = callerOf(inbound, version, operation)
  const hasBody = inbound.method === 'POST' && (isHopOperation(operation) || inbound.body.length > 0)
  const isOther = hasBody && isOtherType(inbound.headers.get('content-type'))
  if (isOther) return malformed(to, 'content_type_not_supported', 'The body must be application/json')
  const body = hasBody ? bodyOf(inbound, version) : noBody
  const members = scanRest(body, version)
  if (members === 'ambiguous') return malformed(to, 'invalid_request', 'The body holds two messages')
  if ('what' in members) return unreadable(to, members)
  const subject = isHopOperation(operation)
    ? readSend(members)
    : readTaskSubject({ body, query: inbound.query }, path, { operation, version })
  if (isBadParams(subject)) return malformed(to, 'invalid_params', subject.message)
  const { accept } = to
  return {
    id,
    dialect: dialects[version].rest,
    operation,
    method: `${inbound.method} ${path.template}`,
    target: { kind: 'agent', id: agent },
    rpcId: 'null',
    ...subject,
    body: hasBody ? body : nothing,
    query: inbound.query,
    ...(accept === undefined ? {} : { accept }),
    receivedAt: inbound.receivedAt,
  }
}

/** The JSON of 0.3 over HTTP is that of its protobuf, in either of its spellings. */
function bodyOf({ body }: Inbound, version: A2aVersion): Buffer {
  return version === '0.3' ? spellOut(body) : body
}

function callerOf({ headers }: Inbound, version: A2aVersion, operation: Operation): FailureTo {
  const accept = headers.get('accept')
  return { dialect: dialects[version].rest, operation, rpcId: 'null', ...(accept === undefined ? {} : { accept }) }
}

interface AskedOfTask extends Asked {
  readonly operation: TaskParamsOf
}

function readTaskSubject(
  inbound: Pick<Inbound, 'body' | 'query'>,
  path: RestPath,
  asked: AskedOfTask,
): Subject | BadParams {
  const body = readBody(inbound.body)
  if (body === null) return badParams('The body must be one object')
  const { taskId, configId } = path
  const read = readRestParams({ ...asked, taskId, configId, body, query: inbound.query })
  return isBadParams(read) ? read : subjectOf(asked.operation, read)
}

/** The text was scanned: its members that are read have one reading. */
function readBody(body: Buffer): JsonObject | null {
  const read: unknown = JSON.parse(body.toString('utf8'))
  return isJsonObject(read) ? read : null
}
