/** An agent as a tool: what a model reads before it asks one. The words are those of its card, without what nobody sees. */
import { cleanText } from '../../../base/clean-text.ts'
import { subjectOf } from '../../cards/our-card.ts'
import type { AgentEntry, Road } from '../../road.ts'
import { answerSchema } from './agent-result.ts'
import { askedSchema } from './asked.ts'
import { toolNameOf } from './visible-agents.ts'

/** Tools are read with every conversation. */
const most = { description_chars: 600, skill_chars: 160, name_chars: 60, skills: 8 } as const

export function agentDefinition(road: Pick<Road, 'cards'>, entry: AgentEntry): object {
  const { id, effect } = entry.settings
  const { name, description, skills = [] } = subjectOf(entry, road.cards.standingOf(id)?.pinned ?? null)
  const title = cleanText(name, most.name_chars) || id
  const can = skills.slice(0, most.skills).flatMap((skill) => {
    const said = cleanText(skill.name, most.name_chars)
    const more = cleanText(skill.description ?? '', most.skill_chars)
    if (said === '') return []
    return [more === '' || more === said ? said : `${said} (${more})`]
  })
  const words = [
    `Asks the agent ${title}.`,
    ended(cleanText(description, most.description_chars)),
    ...(can.length > 0 ? [`Its skills: ${can.join('; ')}.`] : []),
    'It answers in words, or with a task_id to come back with where that takes long.',
  ]
  return {
    name: toolNameOf(id),
    title: `Ask ${title}`,
    description: words.filter((each) => each !== '').join(' '),
    inputSchema: askedSchema,
    outputSchema: answerSchema,
    annotations: { readOnlyHint: effect === 'read', openWorldHint: true },
    _meta: { 'dev.weir/agent': id },
  }
}

function ended(text: string): string {
  return text === '' || /[.!?]$/.test(text) ? text : `${text}.`
}
