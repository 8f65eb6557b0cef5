/** Where the catalogue meets people: what it found out is told and recorded, and so is what operators decide about it. */
import type { ToolOrder } from '../catalogue/catalogue.ts'
import { againstApproved, type ToolChange } from '../catalogue/tool-change.ts'
import type { ListedTool } from '../catalogue/contract.ts'
import type { LockRefusal } from '../catalogue/lock.ts'
import type { ToolEntry } from '../domain/record-definitions.ts'
import type { Road } from './road.ts'

type Telling = Pick<Road, 'clock' | 'ledger' | 'log'> & { readonly snapshot: Pick<Road['snapshot'], 'alerts'> }

/** A tool is not, or no longer, what is approved. What never was approved is no alarm, unless somebody hides something. */
export function tellToolChange(road: Telling, change: ToolChange): void {
  const { server, tool, state, why, from: before, to: after, classes, lines: changes } = change
  if (state === 'approved') return
  const at = road.clock.now()
  record(road, { server, tool, event: state, digest: after, before, classes, reason: why, actor: null })
  const name = `${server}/${tool}`
  const kinds = classes.length > 0 ? ` (${classes.join(', ')})` : ''
  const sentence = `The tool ${name} is ${state}${kinds}: ${why}. It is neither shown nor called until: weir tools approve ${name}`
  const facts = { server, tool, state, before, after }
  // Its texts are a stranger's, and go to those who asked for alerts, not into the log.
  if (before === null && state === 'pending') return road.log.info(sentence, facts)
  road.log.warn(sentence, facts)
  road.snapshot.alerts.send({ kind: 'tool_changed', at, sentence, ...facts, why, classes, changes })
}

/** Carries out an operator's word and writes it down; `gone` where another definition is listed by now. */
export async function decideTool(
  road: Road,
  verb: 'approve' | 'reject',
  order: ToolOrder,
): Promise<LockRefusal | 'gone' | null> {
  const { catalogue } = road
  const { server, name, digest, reason, actor } = order
  const before = catalogue.entryOf(server, name)?.digest ?? null
  const listed = catalogue.tool(server, name)
  const classes = listed ? differenceNow(road, listed).classes : []
  const refused = await catalogue.decide(verb, order)
  if (refused !== null) return refused
  const event = verb === 'approve' ? 'approved' : 'rejected'
  record(road, { server, tool: name, event, digest, before, classes, reason, actor })
  road.log.warn(`${server}/${name} was ${event} by ${actor}: ${reason}`, { server, tool: name, digest, actor })
  return null
}

/** Writes everything that is approved into the operator's file; how many tools that were. */
export async function lockTools(
  road: Road,
  { actor, reason }: { readonly actor: string; readonly reason: string },
): Promise<LockRefusal | { readonly tools: number }> {
  const done = await road.catalogue.writeLock(actor, reason)
  if ('kind' in done) return done
  const nothing = { server: null, tool: null, digest: null, before: null, classes: [] }
  record(road, { ...nothing, event: 'locked', reason, actor })
  road.log.warn(`${done.tools} tools were written into the lock file by ${actor}: ${reason}`, { actor })
  return done
}

/** What a tool says otherwise than what is approved. */
export function differenceNow({ catalogue }: Pick<Road, 'catalogue'>, tool: ListedTool) {
  return againstApproved(tool, catalogue.entryOf(tool.server, tool.name))
}

function record({ clock, ledger, log }: Telling, words: Omit<ToolEntry, 'v' | 'ts' | 'kind'>): void {
  if (ledger.append({ v: 1, ts: clock.now(), kind: 'tool', ...words })) return
  log.error(`the ledger did not take what became of ${words.server}/${words.tool}`, { event: words.event })
}
