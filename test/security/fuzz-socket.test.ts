import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { engines, eventually, Peer } from '../kit/edge.ts'

const seconds = process.env['CI'] ? 60 : 10
const seed = Number(process.env['WEIR_FUZZ_SEED'] ?? Date.now() % 2 ** 32)

const host = 'Host: weir.example\r\n'
/** Good requests to start from: mutations of them reach deeper than noise does. */
const seeds = [
  `GET /a?b=c HTTP/1.1\r\n${host}\r\n`,
  `POST /later HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nhello`,
  `POST /stream HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  `HEAD /stream HTTP/1.1\r\n${host}Connection: close\r\nAuthorization: Bearer x\r\n\r\n`,
  `POST /a HTTP/1.1\r\n${host}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`,
].map((text) => Buffer.from(text))
const words = [
  '\r\n',
  '\n',
  '\0',
  ': ',
  'Content-Length: 9\r\n',
  'Transfer-Encoding: chunked\r\n',
  '\r\n\r\n',
  '%2e',
  '-1',
  ' ',
]

type Chance = (below: number) => number

/** Repeatable chance (mulberry32), so that a printed seed plays the same bytes again. */
function chanceOf(start: number): Chance {
  let state = start
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

function noise(chance: Chance): Buffer {
  return Buffer.from(Array.from({ length: 1 + chance(300) }, () => chance(256)))
}

function mutated(chance: Chance): Buffer {
  let bytes: Buffer = Buffer.concat(
    Array.from({ length: 1 + chance(3) }, () => seeds[chance(seeds.length)] ?? noise(chance)),
  )
  for (let times = chance(6); times > 0; times--) {
    const at = chance(bytes.length)
    const word = Buffer.from(words[chance(words.length)] ?? '')
    const middle = [Buffer.from([chance(256)]), word, noise(chance), Buffer.alloc(0)][chance(4)] ?? word
    bytes = Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + chance(3))])
  }
  return bytes
}

/** Sends one hostile conversation, in pieces, and leaves at a moment of its own choosing. */
async function attack(port: number, chance: Chance): Promise<void> {
  const peer = new Peer(port)
  for (let pieces = 1 + chance(3); pieces > 0; pieces--) {
    peer.socket.write(chance(5) === 0 ? noise(chance) : mutated(chance))
    await new Promise((resolve) => setTimeout(resolve, chance(4)))
  }
  if (chance(2) === 0) peer.socket.resetAndDestroy()
  else peer.socket.destroy()
}

test.each(engines)(
  `${seconds} s of hostile bytes do not stop %s from answering (seed ${seed})`,
  async (engine) => {
    console.log(`fuzzing ${engine} with WEIR_FUZZ_SEED=${seed}`)
    const script = fileURLToPath(new URL('../kit/edge-child.ts', import.meta.url))
    const child = spawn(process.execPath, [script, engine, '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const [said] = (await once(child.stdout, 'data')) as [Buffer]
      const port = Number(said.toString())
      const chance = chanceOf(seed)
      const end = performance.now() + seconds * 1000
      let attacks = 0
      while (performance.now() < end && child.exitCode === null && child.signalCode === null) {
        await Promise.all(Array.from({ length: 16 }, () => attack(port, chance)))
        attacks += 16
      }
      expect([child.exitCode, child.signalCode]).toEqual([null, null])
      const good = new Peer(port).send(`GET /good HTTP/1.1\r\n${host}Connection: close\r\n\r\n`)
      await eventually(() => good.closed)
      expect(good.status).toBe(200)
      expect(attacks).toBeGreaterThan(100)
    } finally {
      child.kill('SIGKILL')
    }
  },
  (seconds + 30) * 1000,
)
