/**
 * The rounds of a doctor, one question after the other: first what costs nothing, then what makes the agent work. A round
 * that fails ends what rests on it.
 *
 *     A2A    lookup -> id -> list -> push ---+
 *                                            +--> send -> stream -> at once -> subscribe -> cancel
 *     framework            (its own door) ---+
 */
import type { Dice } from '../../base/dice.ts'
import type { Finding } from '../../domain/checkup.ts'
import { isRest } from '../../protocol/a2a/methods.ts'
import { judge, judgeFeature, tooLate } from './judge.ts'
import { judgeEcho, judgeList, judgeStream, longId } from './judge-wire.ts'
import { outcomeOf, taskIn } from './outcome.ts'
import type { Prober } from './prober.ts'
import type { WireProbe } from './wire-probe.ts'

export interface Pace {
  /** For questions that make nobody work. */
  readonly look_ms: number
  readonly work_ms: number
  readonly heartbeat_ms: number
  /** Told what is asked next. */
  readonly step: (what: string) => void
  readonly pause: (delay_ms: number) => Promise<void>
}

/** Whether a dialect is understood: one question that costs nothing. */
export async function lookUp(probe: WireProbe, at: string, dice: Dice, pace: Pace): Promise<Finding> {
  pace.step(`${at}: dialect`)
  const params = { id: `doctor-${dice.hex(8)}` }
  const heard = await probe.ask({ operation: 'get', params, rpcId: '1' }, { timeout_ms: pace.look_ms })
  return judge('lookup', at, heard)
}

/** What else is asked of an agent that speaks A2A and makes nobody work. */
export async function lookAround(probe: WireProbe, at: string, dice: Dice, pace: Pace): Promise<readonly Finding[]> {
  const { dialect } = probe.spoken
  const bounds = { timeout_ms: pace.look_ms }
  const id = `doctor-${dice.hex(8)}`
  const found: Finding[] = []
  if (!isRest(dialect)) {
    pace.step(`${at}: id`)
    found.push(judgeEcho(at, await probe.ask({ operation: 'get', params: { id }, rpcId: longId }, bounds)))
  }
  pace.step(`${at}: list`)
  found.push(judgeList(at, await probe.ask({ operation: 'list', params: { pageSize: 1 }, rpcId: '2' }, bounds)))
  pace.step(`${at}: push`)
  const webhook = { taskId: id, id: 'doctor', url: 'https://doctor.invalid/' }
  found.push(judge('push', at, await probe.ask({ operation: 'push_create', params: webhook, rpcId: '3' }, bounds)))
  return found
}

/** What makes the agent work. */
export async function sendRounds(prober: Prober, text: string, pace: Pace): Promise<readonly Finding[]> {
  const { at, features } = prober
  const work = { timeout_ms: pace.work_ms }
  stepOf(prober, pace, 'send')
  const sent = await prober.start({ operation: 'send', text, immediately: false }, work)
  const found = [judge('send', at, sent)]
  if (sent.answers.every(({ kind }) => kind === 'agent_error')) return found
  if (!features.stream) found.push(judgeFeature('stream', at))
  else {
    stepOf(prober, pace, 'stream')
    const streamed = await prober.start({ operation: 'stream', text, immediately: false }, work)
    found.push(judgeStream(at, streamed, pace.heartbeat_ms))
  }
  return [...found, ...(features.get ? await taskRounds(prober, text, pace) : taskless(prober))]
}

/** A task that nobody waits for, so that something can be asked about it while it is worked on. */
async function taskRounds(prober: Prober, text: string, pace: Pace): Promise<readonly Finding[]> {
  const { at, features } = prober
  stepOf(prober, pace, 'return at once')
  const begun = await prober.start({ operation: 'send', text, immediately: true }, { timeout_ms: pace.work_ms })
  const found = [judge('immediately', at, begun)]
  const task = taskIn(begun)
  if (!task?.open) return found
  const look = { timeout_ms: pace.look_ms }
  if (!features.subscribe) found.push(judgeFeature('subscribe', at))
  else {
    stepOf(prober, pace, 'subscribe')
    const back = await prober.follow('subscribe', task.id, { ...look, enough: () => true })
    const said = judge('subscribe', at, back)
    // An agent says of a task that is over what it says of a method that it does not have.
    found.push(said.result !== 'ok' && (await isOver(prober, task.id, pace)) ? tooLate(said) : said)
  }
  if (!features.cancel) return [...found, judgeFeature('cancel', at, prober.cannotCancel)]
  stepOf(prober, pace, 'cancel')
  const canceled = await prober.follow('cancel', task.id, look)
  const open = taskIn(canceled)?.open === true
  if (open && (await settles(prober, task.id, pace))) {
    return [...found, { ...judge('cancel', at, canceled), result: 'ok', advice: 'It stops a moment later.' }]
  }
  return [...found, judge('cancel', at, canceled)]
}

/** An agent that cannot be asked about its tasks. */
function taskless({ at, features, cannotCancel }: Prober): readonly Finding[] {
  const missing = (['immediately', 'lookup', 'subscribe'] as const).map((each) => judgeFeature(each, at))
  return features.cancel ? missing : [...missing, judgeFeature('cancel', at, cannotCancel)]
}

async function isOver(prober: Prober, taskId: string, pace: Pace): Promise<boolean> {
  const outcome = outcomeOf(await prober.follow('get', taskId, { timeout_ms: pace.look_ms }))
  return outcome === 'over' || outcome === 'failed'
}

const looks = 5
const betweenLooks_ms = 100

async function settles(prober: Prober, taskId: string, pace: Pace): Promise<boolean> {
  for (let left = looks; left > 0; left -= 1) {
    if (await isOver(prober, taskId, pace)) return true
    await pace.pause(betweenLooks_ms)
  }
  return false
}

function stepOf({ at }: Prober, pace: Pace, what: string): void {
  pace.step(at === null ? what : `${at}: ${what}`)
}
