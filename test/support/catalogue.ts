/** A catalogue over servers whose pages a test writes, with a clock it moves by hand. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert } from '../../src/base/assert.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { Wheel } from '../../src/base/wheel.ts'
import { Catalogue, type CatalogueParts } from '../../src/catalogue/catalogue.ts'
import type { ListKind, Page } from '../../src/catalogue/contract.ts'
import { openLock, Lock, type LockSettings } from '../../src/catalogue/lock.ts'
import type { ToolChange } from '../../src/catalogue/tool-change.ts'

export const maximums = {
  tool_definition_bytes: 131_072,
  tool_description_chars: 8192,
  listed_items: 10_000,
  listing_bytes: 33_554_432,
}

export type Lists = Partial<Record<ListKind, readonly unknown[]>>

/** A definition of a tool with nothing wrong about it. */
export function tool(name: string, over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const inputSchema = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] }
  return { name, description: `Does what ${name} says`, inputSchema, ...over }
}

/** A page as a server gives it. */
export function page(list: ListKind, items: readonly unknown[], nextCursor?: string): Page {
  const result = { [list]: items, ...(nextCursor === undefined ? {} : { nextCursor }) }
  return { kind: 'page', result: Buffer.from(JSON.stringify(result)) }
}

export interface TestCatalogue {
  readonly catalogue: Catalogue
  readonly lock: Lock
  readonly clock: ManualClock
  readonly wheel: Wheel
  readonly dir: string
  /** What each server lists now; a function answers by itself. */
  readonly servers: Map<string, Lists | CatalogueParts['ask']>
  /** `server list cursor` of every page that was asked for. */
  readonly asked: string[]
  readonly alarms: ToolChange[]
  readonly troubles: string[]
  /** Moves the clock, lets everything that is due happen, and waits until nobody works any more. */
  pass(by_ms: number): Promise<void>
  /** `name state` of the tools of a server. */
  states(server: string): readonly string[]
}

/** Lets everything that waits for promises, the disk and nothing else come to its end. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1))
}

export async function openTestCatalogue(
  servers: Readonly<Record<string, Lists | CatalogueParts['ask']>>,
  over: Partial<LockSettings> & { readonly refresh_s?: number; readonly patience_ms?: number } = {},
): Promise<TestCatalogue> {
  const { refresh_s = 300, patience_ms, ...lockOver } = over
  const clock = new ManualClock()
  const wheel = new Wheel(clock)
  const dir = mkdtempSync(join(tmpdir(), 'weir-catalogue-'))
  const files = { lock_file: join(dir, 'tools.lock'), state_file: join(dir, 'tools.json') }
  const lock = await openLock(clock, { approval: 'first_use', tool_pins: 1000, ...files, ...lockOver })
  assert(lock instanceof Lock, 'the lock file of a test can be read')
  const known = new Map(Object.entries(servers))
  const [asked, alarms, troubles]: [string[], ToolChange[], string[]] = [[], [], []]
  const ask: CatalogueParts['ask'] = async (server, list, cursor) => {
    asked.push(`${server} ${list} ${cursor ?? '-'}`)
    const lists = known.get(server)
    if (typeof lists === 'function') return await lists(server, list, cursor)
    return lists?.[list] === undefined ? { kind: 'absent' } : page(list, lists[list])
  }
  const slugs = () => [...known.keys()].map((slug) => ({ slug, ...(patience_ms === undefined ? {} : { patience_ms }) }))
  const catalogue = new Catalogue({
    ask,
    servers: slugs,
    clock,
    wheel,
    settings: { refresh_s, listing_ms: 10_000, maximums },
    lock,
    onAlarm: (change) => alarms.push(change),
    onTrouble: (sentence) => troubles.push(sentence),
  })
  await settled()
  return {
    catalogue,
    lock,
    clock,
    wheel,
    dir,
    servers: known,
    asked,
    alarms,
    troubles,
    async pass(by_ms) {
      clock.advance(by_ms)
      wheel.turn()
      await settled()
    },
    states: (server) => catalogue.listing(server).tools.map(({ name, state }) => `${name} ${state}`),
  }
}
