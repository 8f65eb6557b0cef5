/** The vault as the composition roots need it: where it is, and who is behind the pseudonyms while something is read. */
import type { Settings } from './config/settings.ts'
import { type VaultPlace, vaultPlace } from './ledger/vault/kek.ts'
import { type Names, openVaultReader } from './ledger/vault/names.ts'

export function placeOfVault({ state }: Pick<Settings, 'state'>): VaultPlace {
  return vaultPlace(state.dir, state.credentials_dir)
}

/** Reads with names, where there are any yet; the sentence says why they cannot be had. */
export async function withNames<T>(
  settings: Pick<Settings, 'state'>,
  read: (names: Names | null) => Promise<T>,
): Promise<T | string> {
  const names = openVaultReader(placeOfVault(settings))
  if (typeof names === 'string') return names
  try {
    return await read(names)
  } finally {
    names?.close()
  }
}
