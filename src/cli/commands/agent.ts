/** `weir agent`: which agents there are and how they stand with their cards, how one is added, and who may go on. */
import { type AskOptions, show, withAdmin } from '../admin-command.ts'
import type { AgentCardView, AgentDetail, AgentSummary, SeenCardView } from '../admin-api.ts'
import type { CardPreview, CliDeps } from '../deps.ts'
import { exits, isProblem, problem } from '../exit-codes.ts'
import { type Paint, visible } from '../paint.ts'
import { type Column, table } from '../table.ts'
import { confirmed, openTerminal } from '../terminal.ts'
import { formatTime } from '../units.ts'

export interface AddOptions extends AskOptions {
  readonly slug?: string
  readonly url?: string
  readonly keys?: string
  readonly allowPrivate?: boolean
  readonly yes?: boolean
}

export interface ApproveOptions extends AskOptions {
  readonly reason: string
  readonly yes?: boolean
}

/** Shows what the card says and what would be written; writes it if somebody says yes. */
export async function addAgent(deps: CliDeps, cardUrl: string, options: AddOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const { slug = null, url = null, keys = null, allowPrivate = false, config: configPath } = options
  const seen = await deps.registry.preview({ configPath, cardUrl, slug, url, keys, allowPrivate })
  if (isProblem(seen)) return terminal.fail(seen)
  const planned = await deps.registry.plan(configPath, seen)
  if (isProblem(planned)) return terminal.fail(planned)
  if (!options.json) terminal.print(`${previewPage(seen, terminal.paint)}\n${diffPage(planned.diff, terminal.paint)}\n`)
  const go = await confirmed(deps, `Add ${seen.slug} to ${configPath}?`, !!options.yes)
  if (go !== true) return terminal.fail(go)
  const written = await deps.registry.write(planned)
  if (isProblem(written)) return terminal.fail(written)
  const added = { schema: 'weir.agent-added/v1', ...seen, diff: planned.diff, ...written }
  if (options.json) terminal.printJson(added)
  else terminal.say(`Added. The file as it was is ${written.backup}; a gateway that runs takes the new one by itself.`)
  return exits.ok
}

export async function listAgents(deps: CliDeps, options: AskOptions): Promise<number> {
  const list = await withAdmin(deps, options, (admin) => admin.listAgents())
  return show(deps, options, list, (list, paint) => agentsTable(list.agents, paint))
}

export async function showAgent(deps: CliDeps, slug: string, options: AskOptions): Promise<number> {
  const agent = await withAdmin(deps, options, (admin) => admin.showAgent(slug))
  return show(deps, options, agent, (agent, paint) => agentPage(agent, paint))
}

/** Approves the very card that is shown: one that changes while somebody thinks is not approved with it. */
export async function approveAgent(deps: CliDeps, slug: string, options: ApproveOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const agent = await withAdmin(deps, options, (admin) => admin.showAgent(slug))
  if (isProblem(agent)) return terminal.fail(agent)
  const { id, card } = agent
  if (!card?.pending) return terminal.fail(problem('no', `No card of ${id} waits for approval.`))
  const { digest } = card.pending
  if (!options.json) terminal.print(`${agentPage(agent, terminal.paint)}\n`)
  const go = await confirmed(deps, `Let ${visible(id)} go on with this card?`, !!options.yes)
  if (go !== true) return terminal.fail(go)
  const order = { reason: options.reason, digest }
  const done = await withAdmin(deps, options, (admin) => admin.approveAgent(slug, order))
  return show(deps, options, done, (done) => `${visible(done.id)} is called again.\n`)
}

const titles = (names: readonly string[]): readonly Column[] => names.map((title) => ({ title }))

function agentsTable(agents: readonly AgentSummary[], paint: Paint): string {
  if (agents.length === 0) return 'No agent is registered.\n'
  const rows = agents.map((agent) => [
    visible(agent.id),
    stateText(agent, paint),
    agent.versions.join(' ') || '-',
    agent.discovery,
    agent.digest?.slice(0, 12) ?? '-',
    agent.facet_of === null ? '' : visible(`facet of ${agent.facet_of}`),
  ])
  return table(titles(['AGENT', 'STATE', 'VERSIONS', 'DISCOVERY', 'CARD', '']), rows)
}

function stateText({ state, callable }: AgentSummary, paint: Paint): string {
  if (state !== 'ok') return paint('bad', visible(state))
  return callable ? paint('good', 'ok') : paint('quiet', 'calls only')
}

function agentPage(agent: AgentDetail, paint: Paint): string {
  const { id, url, description, owner, team, skills, quarantined, card } = agent
  const rows = [
    ['agent', visible(id)],
    ['state', `${stateText(agent, paint)}${quarantined === null ? '' : `: ${visible(quarantined)}`}`],
    ['reached at', visible(url ?? '-')],
    ['versions', agent.versions.join(' ') || '-'],
    ['discovery', agent.discovery],
    ['description', visible(description)],
    ['owner', visible([owner, team].filter((each) => each !== null).join(', ') || '-')],
    ...(agent.facet_of === null ? [] : [['facet of', visible(agent.facet_of)]]),
    ...(skills === null ? [] : [['skills', visible(skills.join(', '))]]),
  ]
  return `${table(titles(['', '']), rows).replace(/^\s*\n/, '')}${card === null ? '' : cardPages(card, paint)}`
}

function cardPages(
  { url, checked_at, problem, changes, approvable, pinned, pending }: AgentCardView,
  paint: Paint,
): string {
  const checked = checked_at === null ? 'not yet' : formatTime(checked_at)
  const lines = [
    `\ncard ${visible(url ?? '-')}, looked at ${checked}\n`,
    ...(problem === null ? [] : [`${paint('warn', visible(problem))}\n`]),
    ...(pinned === null ? [] : [`\n${paint('strong', 'trusted')}\n${seenPage(pinned)}`]),
    ...(pending === null ? [] : [`\n${paint('bad', 'waits for approval')}\n${seenPage(pending)}`]),
    ...changes.map((change) => `${paint('warn', '*')} ${visible(change)}\n`),
    ...(approvable ? [] : ['Approving is not enough: the configuration of its card has to change.\n']),
  ]
  return lines.join('')
}

function seenPage({ name, version, digest, signature, interfaces, foreign, skills, seen_at }: SeenCardView): string {
  const rows = [
    ['name', visible(`${name} ${version}`)],
    ['digest', visible(digest)],
    ['signature', visible(`${signature.state}${signature.kid === null ? '' : ` by ${signature.kid}`}`)],
    ['first seen', formatTime(seen_at)],
    ...interfaces.map((each) => ['address', visible(`${each.binding} ${each.version} ${each.url}`)]),
    ...foreign.map((origin) => ['ignored', visible(origin)]),
    ...skills.map((skill) => ['skill', visible(`${skill.id}: ${skill.description}`)]),
  ]
  return table(titles(['', '']), rows).replace(/^\s*\n/, '')
}

function previewPage(seen: CardPreview, paint: Paint): string {
  const { signature } = seen
  const tone = signature.state === 'verified' ? 'good' : 'warn'
  const rows = [
    ['slug', visible(seen.slug)],
    ['name', visible(seen.name)],
    ['description', visible(seen.description || '-')],
    ['card', visible(seen.cardUrl)],
    ['reached at', visible(seen.url)],
    ['versions', seen.versions.join(' ')],
    ...seen.interfaces.map((each) => ['address', visible(`${each.binding} ${each.version} ${each.url}`)]),
    ...seen.foreign.map((origin) => ['ignored', paint('warn', visible(`${origin}, for it is elsewhere`))]),
    ...seen.skills.map((skill) => ['skill', visible(`${skill.id}: ${skill.description}`)]),
    ['signature', paint(tone, visible(`${signature.state}${signature.kid === null ? '' : ` by ${signature.kid}`}`))],
    ['digest', visible(seen.digest)],
  ]
  return table(titles(['', '']), rows).replace(/^\s*\n/, '')
}

function diffPage(diff: string, paint: Paint): string {
  const lines = diff.split('\n').map((line) => {
    if (line.startsWith('+')) return paint('good', visible(line))
    return line.startsWith('-') ? paint('bad', visible(line)) : paint('quiet', visible(line))
  })
  return lines.join('\n')
}
