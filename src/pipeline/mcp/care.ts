/** What Weir itself wants to know of a tool server. */
import { type Care, issueCare } from '../../domain/verdict.ts'

/** Greetings and lists may be asked for with it, and nothing else. */
export function careFor(server: string): Care {
  return issueCare({ server })
}
