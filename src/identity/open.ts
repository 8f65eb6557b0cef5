/** Puts the parts of identity together. A changed configuration opens a new one beside the old. */
import type { Clock } from '../base/clock.ts'
import type { Dice } from '../base/dice.ts'
import type { Delegation, Proof } from '../domain/principal.ts'
import { type Authenticator, openAuthenticator } from './authenticator.ts'
import type { FetchText } from './fetch-text.ts'
import { JwksSource } from './jwks.ts'
import { openCardSigner, type SignCard } from './card-signer.ts'
import type { DpopChecker } from './dpop.ts'
import { openDpopChecker } from './dpop-checker.ts'
import type { Keyring } from './keyring.ts'
import { type Minter, openMinter } from './mint.ts'
import { PeerBudget, type PeerBudgetLimits } from './peer-budget.ts'
import type { RunProofs } from './proof-tasks.ts'
import { openProver } from './prover.ts'
import type { IdentitySettings } from './settings.ts'
import type { Replay } from './replay.ts'
import { openSenderCheck } from './sender-constraint.ts'
import { localSingleUse, type SingleUse } from './single-use.ts'
import { TokenGate } from './token-gate.ts'
import { TokenMemory } from './token-memory.ts'
import { jwtSigner, openTokenSigner, type SignJwt } from './token-signer.ts'
import { callTrust, deliveryTrust, foreignTrust, type Trust } from './trust.ts'

export interface IdentityParts {
  readonly keys: Keyring
  /** The proof pool, or `openProofRunner` where there is no pool. */
  readonly runProofs: RunProofs
  readonly clock: Clock
  readonly dice: Dice
  readonly fetchText: FetchText
  /** Unknown tokens a peer may send. Default 200 a second in bursts of 400. */
  readonly budget?: PeerBudgetLimits
  /** What was used before, shared by all identities of a process. Default: a small one of its own. */
  readonly replay?: SingleUse
}

export interface Identity extends Authenticator, Minter, DpopChecker, Replay {
  readonly sign: SignJwt
  /** Reads the keys of all issuers ahead of the first call; answers with what could not be read, as sentences. */
  warm(): Promise<readonly string[]>
  /** Judges every token anew from now on: a key was withdrawn. */
  forgetTokens(): void
  readonly signCard: SignCard
}

const defaultBudget: PeerBudgetLimits = { tokens_per_second: 200, burst: 400 }

export function openIdentity(settings: IdentitySettings, parts: IdentityParts): Identity {
  const { clock, dice, keys } = parts
  const { proofs, proof_queue } = settings.maximums
  const own = keys.source('token')
  const issuers = settings.issuers.map((issuer) => ({
    issuer,
    source: new JwksSource(issuer, parts.fetchText, clock),
  }))
  // Our own row comes last: no configured issuer can stand in for the gateway.
  const callers = new Map<string, Trust<Proof>>([
    ...issuers.map(({ issuer, source }) => [issuer.issuer, foreignTrust(issuer, source)] as const),
    [settings.public_url, callTrust(settings, own)],
  ])
  const prover = openProver(parts.runProofs, { queue_max: proof_queue })
  const budget = new PeerBudget(parts.budget ?? defaultBudget, clock)
  const calls = new TokenMemory<Proof>(proofs, clock)
  const deliveries = new TokenMemory<Delegation>(proofs, clock)
  const shared = { prover, budget, clock, flights_max: proof_queue }
  const signer = openTokenSigner(keys, prover)
  const singleUse = parts.replay ?? localSingleUse(settings.dpop.window_s, parts)
  const dpop = openDpopChecker({ settings: settings.dpop, singleUse, prover, budget, clock })
  const minter = openMinter({ settings, signer, clock, dice, calls, deliveries })
  const authenticator = openAuthenticator({
    api_keys: settings.api_keys,
    calls: new TokenGate({ trusts: callers, memory: calls, ...shared }),
    deliveries: new TokenGate({
      trusts: new Map([[settings.public_url, deliveryTrust(settings, own)]]),
      memory: deliveries,
      ...shared,
    }),
    checkSender: openSenderCheck({ dpop, public_url: settings.public_url }),
  })
  return {
    ...authenticator,
    ...minter,
    sign: jwtSigner(signer),
    signCard: openCardSigner({ keys, prover, publicUrl: settings.public_url }),
    forgetTokens() {
      calls.forget()
      deliveries.forget()
    },
    ...dpop,
    once: (issuer, jti, expiresAt) => singleUse.assertions.once(issuer, jti, expiresAt),
    async warm() {
      await Promise.all(issuers.map(async ({ source }) => await source.refresh()))
      return issuers.flatMap(({ source }) => source.problem ?? [])
    },
  }
}
