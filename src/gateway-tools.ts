/** What a gateway knows of its tool servers: the catalogue, opened at its start and given other settings by a reload. */
import { join } from 'node:path'
import { Wheel } from './base/wheel.ts'
import { Catalogue } from './catalogue/catalogue.ts'
import type { AskPage } from './catalogue/contract.ts'
import { type LockSettings, openLock } from './catalogue/lock.ts'
import { sentenceOf } from './catalogue/lock-file.ts'
import type { CatalogueServer, CatalogueSettings } from './catalogue/place.ts'
import type { Settings } from './config/settings.ts'
import { type StartProblem, startProblem } from './gateway-parts.ts'
import type { Road, Snapshot } from './pipeline/road.ts'
import { tellToolChange } from './pipeline/tool-changes.ts'

interface World extends Pick<Road, 'clock' | 'log' | 'ledger'> {
  readonly ask: AskPage
  readonly stack: AsyncDisposableStack
}

/** A lock file that cannot be read is a reason not to start: without it, nobody knows what is approved. */
async function openCatalogue(world: World, now: () => Snapshot): Promise<Catalogue | StartProblem> {
  const { clock, log, ledger, ask, stack } = world
  const { settings } = now()
  const lock = await openLock(clock, lockSettings(settings))
  if ('problems' in lock) return startProblem(78, sentenceOf(lock))
  const wheel = new Wheel(clock)
  stack.defer(() => wheel.stop())
  const catalogue = new Catalogue({
    ask,
    servers: () => serversOf(now().settings),
    clock,
    wheel,
    settings: catalogueSettings(settings),
    lock,
    onAlarm: (change) => tellToolChange({ clock, log, ledger, snapshot: now() }, change),
    onTrouble: (sentence) => log.error(sentence),
  })
  stack.defer(() => catalogue.close())
  return catalogue
}

/** The road with its catalogue, which sees the snapshot of each moment. */
export async function paveWithCatalogue(
  world: World,
  snapshot: Snapshot,
  pave: (catalogue: Catalogue) => Road,
): Promise<Road | StartProblem> {
  const paved: { road?: Road } = {}
  const catalogue = await openCatalogue(world, () => paved.road?.snapshot ?? snapshot)
  if ('exit' in catalogue) return catalogue
  paved.road = pave(catalogue)
  return paved.road
}

/** After a reload. The lock file of before stays in force where the new one cannot be read. */
export async function reloadCatalogue({ catalogue, log }: Road, settings: Settings): Promise<void> {
  const trouble = await catalogue.use(catalogueSettings(settings), lockSettings(settings))
  if (trouble !== null) log.error(`${trouble}. What was approved before stays so.`)
}

/** Until links to tool servers are open. */
export const nobodyAnswers: AskPage = () => Promise.resolve({ kind: 'failed', detail: 'nobody asks it yet' })

function serversOf({ tools }: Settings): readonly CatalogueServer[] {
  return Array.from(tools.servers.values(), ({ id, timeouts }) => ({ slug: id, patience_ms: timeouts.first_byte_ms }))
}

function catalogueSettings({ tools, timeouts, maximums }: Settings): CatalogueSettings {
  return { refresh_s: tools.refresh_s, listing_ms: timeouts.listing_ms, maximums }
}

function lockSettings({ tools, state, maximums }: Settings): LockSettings {
  const { approval, lock_file } = tools
  return { approval, lock_file, state_file: join(state.dir, 'tools.json'), tool_pins: maximums.tool_pins }
}
