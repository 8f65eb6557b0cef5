/**
 * A latency probe: a few keep-alive connections, each sending at a fixed rate well under saturation. A request that has
 * to wait for its slot is measured from the slot, so coordinated omission does not flatter the slow.
 */
import { Agent, request } from 'node:http'
import { build } from 'hdr-histogram-js'

export interface Shot {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Percentiles in microseconds. */
export interface Latency {
  readonly p50: number
  readonly p99: number
  readonly p99_9: number
}

export async function probe(
  shot: Shot,
  options: { readonly per_second: number; readonly seconds: number },
): Promise<Latency> {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  const total = Math.floor(options.per_second * options.seconds)
  const gap_ms = 1000 / options.per_second
  const started = performance.now()
  const pending: Promise<void>[] = []
  for (let sent = 0; sent < total; sent += 1) {
    const slot = started + sent * gap_ms
    const wait = slot - performance.now()
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait))
    pending.push(
      fire(agent, shot).then(() => histogram.recordValue(Math.max(1, Math.round((performance.now() - slot) * 1000)))),
    )
  }
  await Promise.all(pending)
  agent.destroy()
  const at = (percentile: number): number => histogram.getValueAtPercentile(percentile)
  return { p50: at(50), p99: at(99), p99_9: at(99.9) }
}

function fire(agent: Agent, shot: Shot): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = request(shot.url, { agent, method: 'POST', headers: shot.headers }, (answer) => {
      answer.resume()
      answer.on('end', resolve)
      if (answer.statusCode !== 200) reject(new Error(`the probe was answered ${answer.statusCode ?? 0}`))
    })
    call.on('error', reject)
    call.end(shot.body)
  })
}
