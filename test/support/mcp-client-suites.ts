/**
 * Plays the scenarios of the client suites, straight at their servers or through a real Weir. The suite starts a command for
 * each of them; the command asks the desk here, which lets a few of them on at a time.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Conformance, runClientConformance } from './conformance.ts'
import { playScene, type Scene, type Way } from './mcp-client-scenarios.ts'

/** At once, of the scenarios that the suite has started. */
const together = 4
/** For one scenario; none takes more than a few seconds. */
const scene_ms = 25_000

/** How the client of a scenario reaches its server; it is asked when the scenario's turn has come. */
export type OpenWay = (scene: Scene) => Promise<Way>

export async function runClientSuite(revision: string, open: OpenWay): Promise<Conformance & { readonly log: string }> {
  const turns = new Turns(together)
  const log: string[] = []
  const server = createServer((request, answer) => {
    void turns.take(async () => {
      const scene = await readScene(request)
      const why = await played(scene, open)
      if (why !== null) log.push(`${scene.scenario}: ${why}`)
      answer.writeHead(why === null ? 200 : 500).end(why ?? '')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const script = join(import.meta.dirname, 'conformance-command.ts')
  const command = `${process.execPath} ${script} http://127.0.0.1:${port}/`
  const result = await runClientConformance(command, revision)
  await new Promise((resolve) => server.close(resolve))
  return { ...result, log: log.join('\n') }
}

async function played(scene: Scene, open: OpenWay): Promise<string | null> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('it did not end in time')), scene_ms)
  try {
    await Promise.race([open(scene).then((way) => playScene(scene, way)), late])
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    clearTimeout(timer)
  }
}

async function readScene(request: IncomingMessage): Promise<Scene> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString()) as Scene
}

class Turns {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(free: number) {
    this.#free = free
  }

  async take(act: () => Promise<void>): Promise<void> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#free -= 1
    await act()
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free += 1
  }
}
