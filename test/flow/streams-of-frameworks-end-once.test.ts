import { afterEach, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import type { Known } from '../../src/relay/driver.ts'
import { FoundryDriver } from '../../src/relay/drivers/foundry.ts'
import { VertexDriver } from '../../src/relay/drivers/vertex.ts'
import { DriverTrial, stateIn, textIn } from '../support/driver-bench.ts'
import { chunk, lastChunk, startTarget, type Target } from '../support/target.ts'

type Make = ConstructorParameters<typeof DriverTrial>[1]

interface Framework {
  readonly type: string
  readonly transcript: string
  readonly known: Partial<Known>
  readonly make: Make
}

const sse = (events: readonly JsonObject[]): string =>
  events.map((event) => `event: ${String(event['type'])}\r\ndata: ${JSON.stringify(event)}\r\n\r\n`).join('')

const response = { id: 'resp_1', status: 'in_progress', output: [] }
const said = { type: 'message', id: 'm1', content: [{ type: 'output_text', text: 'gr\u00fc\u00df dich' }] }

const foundry: Framework = {
  type: 'text/event-stream',
  known: { context: { conversation: 'conv_1' } },
  make: (upstream, bench) =>
    new FoundryDriver(upstream, bench, { kind: 'foundry', agent_name: 'a', agent_version: null, api_version: null }),
  transcript: sse([
    { type: 'response.created', response },
    { type: 'response.output_text.delta', item_id: 'm1', delta: 'gr\u00fc\u00df ' },
    { type: 'response.output_text.delta', item_id: 'm1', delta: 'dich' },
    { type: 'response.completed', response: { ...response, status: 'completed', output: [said] } },
  ]),
}

const piece = (text: string, more: object): string =>
  `${JSON.stringify({ invocation_id: 'e-1', author: 'a', content: { parts: [{ text }] }, ...more })}\n`

const vertex: Framework = {
  type: 'application/json',
  known: { context: { session: 's1', user: 'u1' } },
  make: (upstream, bench) => {
    const settings = {
      kind: 'vertex',
      class_method: 'async_stream_query',
      user_id: 'person',
      token_stream: false,
    } as const
    return new VertexDriver(upstream, bench, { settings, salt: 'pepper' })
  },
  transcript:
    piece('gr\u00fc\u00df ', { partial: true }) + piece('dich', { partial: true }) + piece('gr\u00fc\u00df dich', {}),
}

const open: { stop(): Promise<void> }[] = []

async function serve(framework: Framework, pieces: (index: number) => readonly Buffer[]): Promise<DriverTrial> {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: ${framework.type}\r\ntransfer-encoding: chunked\r\n\r\n`
  const target: Target = await startTarget((socket, _, index) => {
    socket.write(Buffer.concat([Buffer.from(head), ...pieces(index).map(chunk), Buffer.from(lastChunk)]))
  })
  const trial = new DriverTrial(target.url, framework.make)
  open.push(trial, target)
  return trial
}

afterEach(async () => {
  for (const one of open.splice(0)) await one.stop()
})

describe.each([
  ['foundry', foundry],
  ['vertex', vertex],
])('the stream of %s', (_, framework) => {
  const bytes = Buffer.from(framework.transcript)

  it('is a failure wherever it is cut off, and never an end', async () => {
    // The blank line or line feed that closes the last event is worth nothing to a framework that says so in the event.
    const whole = bytes.length - (framework === foundry ? 2 : 1)
    let cut = 0
    const trial = await serve(framework, () => (cut === 0 ? [] : [bytes.subarray(0, cut)]))
    for (; cut < whole; cut += 1) {
      const heard = await trial.stream('hi', { known: framework.known }).heard
      expect(heard.fault?.code, `cut at ${cut}`).toMatch(/truncated|bad_answer/)
      expect(heard.said.map(stateIn)).not.toContain('TASK_STATE_COMPLETED')
    }
  })

  it('says the same in whatever chunks it comes', async () => {
    const sizes = [1, 2, 3, 5, 17, 64]
    const trial = await serve(framework, (index) => {
      const size = sizes[index] ?? bytes.length
      return Array.from({ length: Math.ceil(bytes.length / size) }, (__, i) => bytes.subarray(i * size, (i + 1) * size))
    })
    for (const size of [...sizes, bytes.length]) {
      const heard = await trial.stream('hi', { known: framework.known }).heard
      expect(heard.fault, `chunks of ${size}`).toBeNull()
      expect(textIn(heard.said)).toBe('gr\u00fc\u00df dich')
      expect(heard.said.map(stateIn).filter((state) => state === 'TASK_STATE_COMPLETED')).toHaveLength(1)
    }
  })

  it('stands still while nobody takes it, and goes on after', async () => {
    const trial = await serve(framework, () => [bytes])
    const asking = trial.stream('hi', { known: framework.known })
    asking.line.pause()
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(asking.said).toHaveLength(0)
    asking.line.resume()
    expect(textIn((await asking.heard).said)).toBe('gr\u00fc\u00df dich')
  })
})
