/** The tables of `docs/reference/a2a-conformance.md`, from what the matrix runs. */
import { agentKinds } from './matrix-agents.ts'
import { clientKinds } from './matrix-clients.ts'
import { scenarios } from './matrix-scenarios.ts'

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const rows = (head: readonly string[], body: readonly (readonly string[])[]): string =>
  [row(...head), `|${head.map(() => '---').join('|')}|`, ...body.map((cells) => row(...cells))].join('\n')

const count = Object.keys(scenarios).length

/** Every client kind with every agent kind: how many scenarios it goes through. */
export function pairsTable(): string {
  const head = ['client', ...agentKinds.map(({ name }) => name)]
  return rows(
    head,
    clientKinds.map(({ name, speaks }) => [`${name} (speaks ${speaks})`, ...agentKinds.map(() => String(count))]),
  )
}

export function scenariosTable(): string {
  const pairs = String(clientKinds.length * agentKinds.length)
  return rows(
    ['scenario', 'pairs'],
    Object.keys(scenarios).map((name) => [name, pairs]),
  )
}
