/** `weir agent doctor` on one agent of a configuration of its own, as a value. */
import type { Checkup } from '../../src/cli/deps.ts'
import { isProblem } from '../../src/cli/exit-codes.ts'
import type { Finding } from '../../src/domain/checkup.ts'
import { examine } from '../../src/tools-doctor.ts'
import { tempConfig } from './temp-config.ts'

export interface Examined extends Checkup {
  /** The results by what was looked at: `send (1.0 jsonrpc)`. */
  readonly results: Readonly<Record<string, Finding['result']>>
  of(name: string): Finding
}

interface How {
  readonly message?: string | null
  readonly timeout_ms?: number
}

/** `row` is that of the agent in the configuration. */
export async function examined(row: object, { message = 'hello', timeout_ms = 10_000 }: How = {}): Promise<Examined> {
  const gateway = { listen: '127.0.0.1:0', admin_listen: '127.0.0.1:0' }
  await using config = await tempConfig(JSON.stringify({ gateway, agents: { patient: row } }))
  const checkup = await examine({ configPath: config.path, agent: 'patient', message, timeout_ms }, () => {})
  if (isProblem(checkup)) throw new Error(checkup.text)
  const named = checkup.findings.map((finding) => [nameOf(finding), finding] as const)
  return {
    ...checkup,
    results: Object.fromEntries(named.map(([name, { result }]) => [name, result])),
    of(name) {
      const found = named.find(([other]) => other === name)
      if (!found) throw new Error(`nothing was found of ${name}, but of ${named.map(([other]) => other).join(', ')}`)
      return found[1]
    },
  }
}

function nameOf({ check, at }: Finding): string {
  return at === null || check === 'connection' ? check : `${check} (${at})`
}
