import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { deny } from '../../src/domain/verdict.ts'
import { afterEach, expect, test } from 'vitest'
import type { Reply } from '../../src/protocol/http.ts'
import { type Gate, startGate } from '../support/gate.ts'
import { hopOf } from '../support/hop.ts'
import { missionTo } from '../support/mission.ts'
import { RelayBench, until } from '../support/relay.ts'
import { sdkClients } from '../support/sdk-clients.ts'
import { chunk, jsonAnswer, lastChunk, startTarget, streamHead, type Target } from '../support/target.ts'

const opened: (Gate | RelayBench | Target)[] = []

afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop()
})

function keep<T extends Gate | RelayBench | Target>(one: T): T {
  opened.push(one)
  return one
}

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/a2a/${name}`, import.meta.url), 'utf8')
}

/** A relay behind a gate, before a target that answers with recorded bytes and the id it was asked with. */
async function standFor(version: '1.0' | '0.3', answer: (id: string) => Buffer): Promise<Gate> {
  const target = keep(
    await startTarget((socket, request) => socket.write(answer(/"id":(\d+)\}?/.exec(request)?.[1] ?? ''))),
  )
  const bench = keep(new RelayBench())
  return keep(
    await startGate([version], (call, response) => {
      const mission = missionTo(bench.driverAt(target.url), call)
      if (call.operation === 'stream') bench.relay.sendStream(hopOf(call), mission, replyTo(response), () => {})
      else
        bench.relay.sendUnary(hopOf(call), mission, ({ answer }) => {
          response.writeHead(answer?.status ?? 500, answer?.headers.flat())
          response.end(answer?.body)
        })
      return null
    }),
  )
}

function replyTo(response: ServerResponse): Reply {
  return {
    send: (status, headers, body) => void response.writeHead(status, headers.flat()).end(body),
    begin: (status, headers) => response.writeHead(status, headers.flat()).flushHeaders(),
    write: (bytes) => response.write(bytes),
    end: () => void response.end(),
    cut: () => response.destroy(),
    onDrain: (handler) => void response.on('drain', handler),
    onGone: (handler) => void response.on('close', () => response.writableEnded || handler()),
    closed: false,
    buffered: 0,
  }
}

test.each(sdkClients.map((client) => [client.name, client] as const))(
  '%s completes a call and a stream',
  async (_name, client) => {
    const recorded = fixture(`stream-${client.speaks}.sse`)
    const task = fixture(`task-${client.speaks}.rpc`)
    let streaming = false
    const gate = await standFor(client.speaks, (id) =>
      streaming
        ? Buffer.concat([
            Buffer.from(streamHead),
            chunk(recorded.replaceAll('"id":3,', `"id":${id},`)),
            Buffer.from(lastChunk),
          ])
        : Buffer.from(jsonAnswer(task.replace('"id":2,', `"id":${id},`))),
    )
    expect(JSON.stringify(await client.send(gate.base))).toContain('chunk1')
    streaming = true
    expect(await client.stream(gate.base)).toHaveLength(5)
  },
)

test.each(sdkClients.map((client) => [client.name, client] as const))(
  '%s throws when a stream is cut before its end',
  async (_name, client) => {
    const recorded = fixture(`stream-${client.speaks}.sse`)
    const gate = await standFor(client.speaks, (id) => {
      const cut = recorded.replaceAll('"id":3,', `"id":${id},`).split('\n\n').slice(0, 3).join('\n\n')
      return Buffer.concat([Buffer.from(streamHead), chunk(cut), Buffer.from(lastChunk)])
    })
    await expect(client.stream(gate.base)).rejects.toThrow('[weir:upstream_unavailable]')
  },
)

test.each(sdkClients.map((client) => [client.name, client] as const))(
  '%s sees a halted run as a cancelled task',
  async (_name, client) => {
    const recorded = fixture(`stream-${client.speaks}.sse`)
    const target = keep(
      await startTarget((socket, request) => {
        const id = /"id":(\d+)\}?/.exec(request)?.[1] ?? ''
        const first = recorded.replaceAll('"id":3,', `"id":${id},`).split('\n\n').slice(0, 2)
        if (request.includes('essage'))
          socket.write(Buffer.concat([Buffer.from(streamHead), chunk(`${first.join('\n\n')}\n\n`)]))
      }),
    )
    const bench = keep(new RelayBench())
    const gate = keep(
      await startGate([client.speaks], (call, response) => {
        const mission = missionTo(bench.driverAt(target.url), call)
        const exchange = bench.relay.sendStream(hopOf(call), mission, replyTo(response), () => {})
        void until(() => exchange.taskId !== null).then(() => exchange.halt(deny('run_halted', 'halted')))
        return null
      }),
    )
    const events = await client.stream(gate.base)
    expect(JSON.stringify(events.at(-1))).toContain('[weir:run_halted]')
  },
)
