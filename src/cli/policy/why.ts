/** `weir why`: the decision about one call made again, with every policy that bears on it. */
import type { QuestionReading, WhyAccount } from '../../pipeline/whatif/why.ts'
import type { PolicyReading } from '../../policy/explain.ts'
import type { CliDeps } from '../deps.ts'
import { exits, isProblem } from '../exit-codes.ts'
import { type Paint, type Tone, visible } from '../paint.ts'
import { openTerminal } from '../terminal.ts'
import { formatTime } from '../units.ts'
import { arrow, indented, placeText } from './view.ts'

export interface WhyOptions {
  readonly config: string
  readonly json?: boolean
}

/** Ends with `no` where the decision comes out otherwise than it was recorded. */
export async function why(deps: CliDeps, hop: string, options: WhyOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const account = await deps.policy.why({ configPath: options.config, hop })
  if (isProblem(account)) return terminal.fail(account)
  if (options.json) terminal.printJson(account)
  else terminal.print(whyPage(account, terminal.paint))
  return account.verdict === 'disagree' ? exits.no : exits.ok
}

const toneOf: Readonly<Record<WhyAccount['verdict'], Tone>> = {
  agree: 'good',
  disagree: 'bad',
  indeterminate: 'warn',
  not_decided_by_policy: 'strong',
  unclear: 'warn',
}

function whyPage(account: WhyAccount, paint: Paint): string {
  const { hop, at, agent, person, chain, target, recorded, verdict, says, policies, pol_hash, run } = account
  const who = `${arrow(agent ?? 'nobody known', target)}${person === null ? '' : ` for ${visible(person)}`}`
  const then = [recorded.decision, recorded.code, recorded.rule ?? recorded.policies.join(', ')]
  const lines = [
    `${paint('strong', hop)}  ${who}  ${formatTime(at)}`,
    `${'run'.padEnd(10)}${run ?? 'none'}${chain.length === 0 ? '' : `  chain ${chain.map(visible).join(' → ')}`}`,
    `${'recorded'.padEnd(10)}${then
      .filter((part) => part !== null && part !== '')
      .map((part) => visible(String(part)))
      .join('  ')}`,
    ...(recorded.detail === null ? [] : [`${''.padEnd(10)}${visible(recorded.detail)}`]),
    `${'again'.padEnd(10)}${paint(toneOf[verdict], says)}`,
    `${'policies'.padEnd(10)}${originText(policies, pol_hash)}`,
  ]
  const context = account.context === null ? '' : `context   ${contextText(account.context)}\n`
  const dir = policies?.dir ?? null
  return `${lines.join('\n')}\n${context}${account.questions.map((each) => questionPage(each, dir, paint)).join('')}`
}

function originText(policies: WhyAccount['policies'], hash: string | null): string {
  const name = hash?.slice(0, 12) ?? 'unknown'
  if (policies === null) return name
  const { from, facts_as_of, exact } = policies
  const where = from === 'archive' ? 'as they were in force' : 'the folder of today, which is the same'
  const facts = facts_as_of === null ? 'entity facts as of today' : `entity facts as of ${formatTime(facts_as_of)}`
  return `${name}, ${where}; ${facts}${exact ? '' : ' (of another configuration than the record names)'}`
}

function contextText(context: Readonly<Record<string, unknown>>): string {
  const written = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
  return Object.entries(context)
    .map(([name, value]) => `${name}=${visible(value === null ? 'none' : written(value))}`)
    .join(' ')
}

function questionPage(
  { action, target, answer, unknown, covering, nearest }: QuestionReading,
  dir: string | null,
  paint: Paint,
): string {
  const head = `\n${paint('strong', `${action} ${visible(target)}`)}: ${answer}\n`
  if (unknown !== null) return `${head}  ${visible(unknown)} is not registered, so nothing permits it\n`
  const held = covering.filter(({ state }) => state === 'holds')
  const rest = covering.filter(({ state, id }) => state !== 'holds' && !nearest.some((near) => near.id === id))
  return [
    head,
    ...(held.length === 0 ? ['  no policy that covers it holds\n'] : held.map((each) => readingText(each, dir, paint))),
    ...nearest.map((each) => readingText(each, dir, paint)),
    ...rest.map((each) => readingText(each, dir, paint)),
  ].join('')
}

const stateWords: Readonly<Record<PolicyReading['state'], string>> = {
  holds: 'holds',
  fails: 'does not hold',
  error: 'could not be evaluated',
  unknown: 'indeterminate',
  beyond: 'judged by Cedar itself',
}

function readingText(
  { id, effect, place, text, misses, state, failing }: PolicyReading,
  dir: string | null,
  paint: Paint,
): string {
  const tone: Tone = state === 'holds' ? (effect === 'permit' ? 'good' : 'bad') : 'quiet'
  const what = misses.length > 0 ? `speaks of another ${misses.join(' and ')}` : stateWords[state]
  const head = `  ${paint(tone, `${effect} ${id}`)}  ${what}  ${placeText(place, dir)}\n`
  const why = failing === null ? '' : indented(`because not: ${failing}`, 4)
  return head + (state === 'error' || state === 'unknown' ? indented(failing ?? '', 4) : why) + indented(text, 6)
}
