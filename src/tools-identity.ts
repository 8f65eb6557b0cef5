/** The identity of a gateway for a tool that signs tokens in its place. */
import { systemClock } from './base/clock.ts'
import { cryptoDice } from './base/dice.ts'
import type { Settings } from './config/settings.ts'
import type { Keyring } from './identity/keys/keyring.ts'
import { openIdentity } from './identity/open.ts'
import { openProofRunner } from './identity/proofs/verify-batch.ts'
import { fetchTextFrom } from './identity/trust/fetch-text.ts'
import { identitySettings } from './pipeline/snapshot.ts'

/** `call_ttl_s` null: as it is configured. */
export function identityOf(
  settings: Settings,
  {
    keys,
    publicUrl,
    call_ttl_s,
  }: { readonly keys: Keyring; readonly publicUrl: string; readonly call_ttl_s: number | null },
): ReturnType<typeof openIdentity> {
  const tokens = { ...settings.identity.tokens, ...(call_ttl_s === null ? {} : { call_ttl_s }) }
  const asked = identitySettings({ ...settings, identity: { ...settings.identity, tokens } }, publicUrl)
  const fetchText = fetchTextFrom('.')
  return openIdentity(asked, {
    keys,
    runProofs: openProofRunner(keys.slot),
    clock: systemClock,
    dice: cryptoDice(),
    fetchText,
  })
}
