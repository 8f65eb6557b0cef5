/**
 * The cheapest question each framework answers about itself: whether it is there, takes our credential and knows what the
 * configuration names. Asked of its API and not through its driver, which knows only how to make the agent work.
 */
import { cleanText } from '../../base/clean-text.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Finding } from '../../domain/checkup.ts'
import { type Fault, isFault } from '../../domain/fault.ts'
import type { Wheel } from '../../base/wheel.ts'
import type { FrameworkSettings } from '../drivers/open.ts'
import { type Answer, Request } from '../drivers/request.ts'
import type { RelaySettings } from '../exchange.ts'
import { makeFault, type Transport } from '../wire/transport.ts'
import type { Upstream } from '../wire/upstream.ts'

interface Question {
  readonly method: 'GET' | 'POST'
  /** Below the path of the agent. */
  readonly path: string
  readonly body: JsonObject | null
  readonly headers: readonly string[]
  judge(answer: Answer): Told
}

type Told = Pick<Finding, 'result' | 'seen' | 'advice' | 'keys'>

type Door<Kind extends FrameworkSettings['kind']> = (
  options: Extract<FrameworkSettings, { readonly kind: Kind }>,
) => readonly Question[]

const seen_max = 80

function get(path: string, judge: Question['judge'], headers: readonly string[] = []): Question {
  return { method: 'GET', path, body: null, headers, judge }
}

function ok(seen: string): Told {
  return { result: 'ok', seen, advice: null, keys: [] }
}

function wrong(seen: string, advice: string, ...keys: readonly string[]): Told {
  return { result: 'problem', seen, advice, keys }
}

/** What every one of them may answer instead. */
function refusalIn({ status }: Answer): Told | null {
  if (status === 404) return wrong('status 404', 'There is no such thing at this address.', 'url')
  if (status >= 200 && status < 300) return null
  return { result: 'unknown', seen: `status ${status}`, advice: 'It does not say more without work.', keys: [] }
}

/** Who may call an agent there may not always look at it. */
function hiddenIn({ status }: Answer): Told | null {
  if (status !== 404) return null
  const advice = 'It is not there, or must not be looked at; a send tells.'
  return { result: 'unknown', seen: 'status 404', advice, keys: ['url', 'driver.agent_name'] }
}

const doors: { readonly [Kind in FrameworkSettings['kind']]: Door<Kind> } = {
  // Its dialect is looked at as that of every A2A agent.
  fasta2a: () => [],
  langgraph({ api_key, assistant_id }) {
    const key = api_key === null ? [] : ['x-api-key', api_key.reveal()]
    const search = { limit: 100, offset: 0 }
    return [
      get('/ok', (answer) => refusalIn(answer) ?? ok('the server is there'), key),
      {
        method: 'POST',
        path: '/assistants/search',
        body: search,
        headers: key,
        judge: (answer) => refusalIn(answer) ?? assistantIn(answer.json, assistant_id),
      },
    ]
  },
  agentcore({ runtime_arn }) {
    // The platform answers nothing that costs nothing.
    if (runtime_arn !== null) return []
    return [get('/ping', (answer) => refusalIn(answer) ?? healthIn(answer.json))]
  },
  foundry({ agent_name, api_version }) {
    const path = `/agents/${encodeURIComponent(agent_name)}?api-version=${encodeURIComponent(api_version ?? 'v1')}`
    return [get(path, (answer) => hiddenIn(answer) ?? refusalIn(answer) ?? ok('the agent is there'))]
  },
  vertex: ({ class_method }) => [get('', (answer) => refusalIn(answer) ?? methodIn(answer.json, class_method))],
}

function assistantIn(json: unknown, wanted: string): Told {
  const assistants = Array.isArray(json) ? json.filter(isJsonObject) : []
  const names = assistants.flatMap((each) => [each['assistant_id'], each['graph_id']])
  if (names.includes(wanted)) return ok(`the assistant ${cleanText(wanted, seen_max)} is there`)
  const graphs = [...new Set(assistants.map((each) => each['graph_id']))].filter((id) => typeof id === 'string')
  const there = cleanText(graphs.join(', '), seen_max)
  return wrong(`there is ${there === '' ? 'no assistant' : there}`, 'It has no such assistant.', 'driver.assistant_id')
}

function healthIn(json: unknown): Told {
  const status = isJsonObject(json) ? json['status'] : null
  return ok(typeof status === 'string' ? cleanText(status, seen_max) : 'it is there')
}

function methodIn(json: unknown, wanted: string): Told {
  const spec = isJsonObject(json) ? json['spec'] : null
  const listed = isJsonObject(spec) && Array.isArray(spec['classMethods']) ? spec['classMethods'] : []
  const names = listed.filter(isJsonObject).map((each) => each['name'])
  if (names.length === 0) return ok('the engine is there')
  if (names.includes(wanted)) return ok(`the engine is there and has ${cleanText(wanted, seen_max)}`)
  return wrong(`it has ${cleanText(names.join(', '), seen_max)}`, 'It has no such method.', 'driver.class_method')
}

export interface DoorParts {
  readonly upstream: Upstream
  readonly transport: Transport
  readonly wheel: Wheel
  readonly settings: RelaySettings
  readonly timeout_ms: number
}

/** One finding for each question; the first that fails ends it. */
export async function knock(options: FrameworkSettings, parts: DoorParts): Promise<readonly Finding[]> {
  const found: Finding[] = []
  // Each kind has the questions for its own options; the table holds them together.
  const door = doors[options.kind] as (options: FrameworkSettings) => readonly Question[]
  for (const question of door(options)) {
    const answer = await askDoor(question, parts)
    const told = isFault(answer) ? faultTold(answer) : question.judge(answer)
    const path = question.path.split('?')[0] ?? ''
    found.push({ check: 'framework', at: `${options.kind}${path === '' ? '' : ` ${path}`}`, ...told })
    if (told.result === 'problem') break
  }
  return found
}

function faultTold({ code, detail }: Fault): Told {
  const refused = /credentials with/.test(detail)
  // To call and to look are different rights on some of these platforms.
  if (detail.endsWith('403')) {
    return {
      result: 'unknown',
      seen: 'status 403',
      advice: 'It must not be looked at; a send tells.',
      keys: ['headers'],
    }
  }
  const seen = `${code}: ${cleanText(detail, seen_max)}`
  return refused
    ? wrong(seen, 'It wants another credential than the one it gets.', 'headers', 'credential', 'driver')
    : wrong(seen, 'It is no such framework, or it is not well.', 'url', 'driver.kind')
}

function askDoor({ method, path, body, headers }: Question, parts: DoorParts): Promise<Answer | Fault> {
  const { upstream, transport, wheel, settings, timeout_ms } = parts
  const { promise, resolve } = Promise.withResolvers<Answer | Fault>()
  const request = new Request(settings, null, (outcome) => {
    alarm.cancel()
    resolve(outcome)
  })
  const alarm = wheel.after(timeout_ms, () => {
    request.abort()
    resolve(makeFault('first_byte_timeout', `no answer within ${timeout_ms} ms`, true))
  })
  const base = (upstream.path.split('?')[0] ?? '').replace(/\/+$/, '')
  const typed = body === null ? [] : ['content-type', 'application/json']
  const list = ['accept', 'application/json', 'accept-encoding', 'identity', ...typed, ...headers, ...upstream.fixed]
  const bytes = body === null ? null : Buffer.from(JSON.stringify(body))
  const wire = transport.send(
    { method, origin: upstream.origin, path: base + path || '/', headers: list, body: bytes, tls: upstream.tls },
    request,
  )
  request.start(wire)
  return promise
}
