/** `weir card verify`: who published an agent card, by keys the operator trusts already. */
import type { CardVerdict, CliDeps } from '../deps.ts'
import { exits, isProblem } from '../exit-codes.ts'
import { type Paint, visible } from '../paint.ts'
import { table } from '../table.ts'
import { openTerminal } from '../terminal.ts'

export async function verifyCard(
  deps: CliDeps,
  card: string,
  options: { readonly jwks: string; readonly json?: boolean },
): Promise<number> {
  const terminal = openTerminal(deps)
  const seen = await deps.card.verify({ card, jwks: options.jwks })
  if (isProblem(seen)) return terminal.fail(seen)
  if (options.json) terminal.printJson({ schema: 'weir.card-verification/v1', ...seen })
  else terminal.print(cardPage(seen, terminal.paint))
  return seen.valid ? exits.ok : exits.no
}

function cardPage({ valid, reason, signatures }: CardVerdict, paint: Paint): string {
  const verdict = valid ? paint('good', 'valid') : paint('bad', `not valid: ${visible(reason ?? 'unknown')}`)
  const rows = signatures.map(({ kid, alg, problem }) => [
    visible(kid ?? '-'),
    visible(alg ?? '-'),
    problem === null ? paint('good', 'holds') : paint(valid ? 'quiet' : 'bad', visible(problem)),
  ])
  const columns = [{ title: 'KEY' }, { title: 'ALG' }, { title: 'SIGNATURE' }]
  return `verdict   ${verdict}\n${rows.length > 0 ? table(columns, rows) : ''}`
}
