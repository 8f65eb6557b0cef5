/** Which driver speaks to an agent that has an API of its own: the one of its framework. */
import type { DriverSettings } from '../../config/settings-drivers.ts'
import type { Driver } from '../driver.ts'
import type { Upstream } from '../wire/upstream.ts'
import { openAgentCore } from './agentcore.ts'
import { FastA2aDriver } from './fasta2a.ts'
import { FoundryDriver } from './foundry.ts'
import type { DriverBench } from './framework.ts'
import { openLangGraph } from './langgraph.ts'
import { VertexDriver } from './vertex.ts'

/** A plain A2A agent is opened by its dialects and not here. */
export type FrameworkSettings = Exclude<DriverSettings, { readonly kind: 'a2a' }>

/** What drivers of all kinds are opened with. */
export interface OpeningBench extends DriverBench {
  /** What pseudonyms of people are made with; must stay the same for as long as sessions are to be theirs. */
  readonly salt: string
}

type Opener<Kind extends FrameworkSettings['kind']> = (
  options: Extract<FrameworkSettings, { readonly kind: Kind }>,
  upstream: Upstream,
  bench: OpeningBench,
) => Driver

const openers: { readonly [Kind in FrameworkSettings['kind']]: Opener<Kind> } = {
  fasta2a: (_options, upstream, bench) => new FastA2aDriver(upstream, bench),
  langgraph: openLangGraph,
  agentcore: openAgentCore,
  foundry: (options, upstream, bench) => new FoundryDriver(upstream, bench, options),
  vertex: (settings, upstream, bench) => new VertexDriver(upstream, bench, { settings, salt: bench.salt }),
}

export function openDriver<Kind extends FrameworkSettings['kind']>(
  options: Extract<FrameworkSettings, { readonly kind: Kind }>,
  upstream: Upstream,
  bench: OpeningBench,
): Driver {
  return openers[options.kind](options, upstream, bench)
}
