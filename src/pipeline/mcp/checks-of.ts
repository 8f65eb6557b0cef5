/** Which checks the results of a tool pass, as its row and its server say. */
import { toolRowOf } from '../../config/tool-row.ts'
import { nameOfTool, targetName } from '../../domain/call.ts'
import type { ToolServerEntry } from '../road.ts'
import type { McpVisit } from './threshold.ts'
import { checkAnswer, checkResult, type ResultChecks } from './check-result.ts'

/** `misfit` is what the catalogue says of structured results of this tool; null where it knows no schema. */
function checksOf(
  { settings }: Pick<ToolServerEntry, 'settings'>,
  tool: string,
  misfit: ResultChecks['misfit'],
): ResultChecks {
  return { mode: settings.output_schema, misfit, max: toolRowOf(settings, tool).output_bytes_max }
}

/** The same of a result alone. */
export function checkedResult(
  { road, call }: McpVisit,
  server: Pick<ToolServerEntry, 'settings'>,
  misfit: ResultChecks['misfit'],
): (result: Buffer) => Buffer {
  const checks = checksOf(server, nameOfTool(call.target), misfit)
  return (result) => {
    const checked = checkResult(result, checks)
    if (checked.verdict === 'passes') return result
    tellChecked(road, call, checked.why)
    return checked.verdict === 'replaced' ? checked.result : result
  }
}

function tellChecked({ log }: McpVisit['road'], { id, target }: McpVisit['call'], why: string): void {
  log.warn(`a result of ${targetName(target)} was checked: ${why}`, { hop: id })
}

/** What a caller gets in place of an answer to its call; null where answers are handed on unread. */
export function checkedAnswers(
  { road, call }: McpVisit,
  server: Pick<ToolServerEntry, 'settings'>,
  misfit: ResultChecks['misfit'] = null,
): ((message: Buffer) => Buffer) | null {
  const checks = checksOf(server, nameOfTool(call.target), misfit)
  if (checks.max === null && checks.misfit === null) return null
  return (answer) => {
    const { message, why } = checkAnswer(answer, call.rpcId, checks)
    if (why !== null) tellChecked(road, call, why)
    return message
  }
}
