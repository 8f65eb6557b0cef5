/** The APIs that are offered as tools: their descriptions, compiled at the start and by each reload. */
import type { Settings } from './config/settings.ts'
import type { CompiledApi } from './protocol/openapi/contract.ts'
import { compileInWorker } from './threads/compile-in-worker.ts'

interface Kept {
  /** What the operator says of it, and what was compiled. */
  readonly row: string
  readonly sha256: string
  readonly api: CompiledApi
}

export class ApiBook {
  #kept: ReadonlyMap<string, Kept> = new Map()

  /** By slug; one sentence a line where any of them cannot be used. A description that did not change stays the same object. */
  async compile({ tools }: Settings): Promise<ReadonlyMap<string, CompiledApi> | string> {
    const compiled: [string, Kept][] = []
    const problems: string[] = []
    // One after another: a large description takes hundreds of megabytes while it is compiled.
    for (const { id, place } of tools.servers.values()) {
      if (place.kind !== 'openapi') continue
      const { document: source, sha256 = null, ...options } = place.openapi
      const { origin } = new URL(place.url)
      const answer = await compileInWorker({ source, sha256, options: { ...options, origin } })
      if (answer.kind === 'uncompiled') {
        problems.push(`tools.servers.${id}: ${answer.sentence}`)
        continue
      }
      const row = JSON.stringify(place)
      const before = this.#kept.get(id)
      const isKept = before?.row === row && before.sha256 === answer.sha256
      compiled.push([id, isKept ? before : { row, sha256: answer.sha256, api: answer.api }])
    }
    if (problems.length > 0) return problems.join('\n')
    this.#kept = new Map(compiled)
    return new Map(compiled.map(([id, { api }]) => [id, api]))
  }
}
