/** A connector that keeps what people let it hold in a directory of the test. */
import { Connector, type ConnectorParts } from '../../src/identity/outbound/mcp-oauth/connector.ts'
import { Vault } from '../../src/identity/outbound/mcp-oauth/vault.ts'
import { byChance, openSeal } from '../../src/tasks/seal.ts'

export function connectorIn(stateDir: string, parts: Pick<ConnectorParts, 'outside' | 'clock' | 'dice'>): Connector {
  return new Connector({ ...parts, vault: vaultIn(stateDir, parts), max: 64 })
}

export function vaultIn(
  stateDir: string,
  { dice }: Pick<ConnectorParts, 'dice'>,
  onProblem: (sentence: string) => void = () => undefined,
): Vault {
  const seal = openSeal(Buffer.alloc(32, 7), 'tool tokens', byChance(dice))
  return new Vault({ stateDir, seal, max: 64, onProblem })
}
