/** Who is behind the pseudonyms in the ledger of a state directory, as long as nobody was erased. */
import { vaultPlace } from '../../src/ledger/vault/kek.ts'
import { type Names, openVaultReader } from '../../src/ledger/vault/names.ts'

export function namesIn(stateDir: string): Names | null {
  const names = openVaultReader(vaultPlace(stateDir, null))
  if (typeof names === 'string') throw new Error(names)
  return names
}
