/** Puts the parts of identity together. A changed configuration opens a new one beside the old. */
import type { Clock } from '../base/clock.ts'
import type { Dice } from '../base/dice.ts'
import type { Delegation, Proof } from '../domain/principal.ts'
import { type Authenticator, openAuthenticator } from './authenticator.ts'
import { openCardSigner, type SignCard } from './cards/card-signer.ts'
import type { Assertion } from './clients/client-assertion.ts'
import { openClientAuth } from './clients/client-auth.ts'
import { openCertificates } from './clients/client-certificate.ts'
import type { ClientAuthenticator } from './clients/client.ts'
import type { DpopChecker } from './sender/dpop.ts'
import { openDpopChecker } from './sender/dpop-checker.ts'
import type { FetchText } from './trust/fetch-text.ts'
import type { Keyring } from './keys/keyring.ts'
import { type Minter, openMinter } from './tokens/mint.ts'
import { openOwnReader, type OwnReader } from './tokens/own-tokens.ts'
import { PeerBudget, type PeerBudgetLimits } from './peer-budget.ts'
import type { RunProofs } from './proofs/proof-tasks.ts'
import { openProver } from './proofs/prover.ts'
import type { Replay } from './sender/replay.ts'
import { openSenderCheck } from './sender/sender-constraint.ts'
import type { IdentitySettings } from './settings.ts'
import { localSingleUse, type SingleUse } from './sender/single-use.ts'
import type { Subject, SubjectVerifier } from './clients/subject.ts'
import { openSubjects } from './clients/subjects.ts'
import { TokenGate } from './token-gate.ts'
import { type Expiring, TokenMemory } from './token-memory.ts'
import { jwtSigner, openTokenSigner, type SignJwt } from './tokens/token-signer.ts'
import { openTxnTokens, type TxnToken, type TxnTokens } from './tokens/txn-token.ts'
import { trustsOf, warm } from './trust/trusts.ts'

export interface IdentityParts {
  readonly keys: Keyring
  /** The proof pool, or `openProofRunner` where there is no pool. */
  readonly runProofs: RunProofs
  readonly clock: Clock
  readonly dice: Dice
  readonly fetchText: FetchText
  /** What may be used once only, remembered for all identities of a process. Absent: remembered here alone, for tools. */
  readonly replay?: SingleUse
  /** Unknown tokens a peer may send. Default 200 a second in bursts of 400. */
  readonly budget?: PeerBudgetLimits
}

export interface Identity
  extends Authenticator, Minter, DpopChecker, Replay, ClientAuthenticator, SubjectVerifier, OwnReader, TxnTokens {
  readonly sign: SignJwt
  readonly signCard: SignCard
  /** What a peer that shows nothing known has to wait, in milliseconds; 0 if it may go on. */
  chargePeer(peer: string): number
  /** Reads the keys of all issuers ahead of the first call; answers with what could not be read, as sentences. */
  warm(): Promise<readonly string[]>
  /** Judges every token anew from now on: a key was withdrawn. */
  forgetTokens(): void
}

const defaultBudget: PeerBudgetLimits = { tokens_per_second: 200, burst: 400 }

export function openIdentity(settings: IdentitySettings, parts: IdentityParts): Identity {
  const { clock, dice, keys } = parts
  const { api_keys, clients, public_url } = settings
  const { proofs, proof_queue } = settings.maximums
  const { sources, ...trusts } = trustsOf(settings, parts, keys.source('token'))
  const prover = openProver(parts.runProofs, { queue_max: proof_queue })
  const budget = new PeerBudget(parts.budget ?? defaultBudget, clock)
  const shared = { prover, budget, clock, flights_max: proof_queue }
  const memoryOf = <T extends Expiring>(): TokenMemory<T> => new TokenMemory<T>(proofs, clock)
  const memories = { calls: memoryOf<Proof>(), deliveries: memoryOf<Delegation>(), txns: memoryOf<TxnToken>() }
  const calls = new TokenGate({ trusts: trusts.callers, memory: memories.calls, ...shared })
  const deliveries = new TokenGate({ trusts: trusts.deliveries, memory: memories.deliveries, ...shared })
  const assertions = new TokenGate({ trusts: trusts.assertions, memory: memoryOf<Assertion>(), ...shared })
  const people = new TokenGate({ trusts: trusts.people, memory: memoryOf<Subject>(), ...shared })
  const grants = new TokenGate({ trusts: trusts.grants, memory: memoryOf<Subject>(), ...shared })
  const txns = new TokenGate({ trusts: trusts.txns, memory: memories.txns, ...shared })
  const singleUse = parts.replay ?? localSingleUse(settings.dpop.window_s, parts)
  const once: Replay['once'] = (issuer, jti, expiresAt) => singleUse.assertions.once(issuer, jti, expiresAt)
  const dpop = openDpopChecker({ settings: settings.dpop, singleUse, prover, budget, clock })
  const checkSender = openSenderCheck({ dpop, public_url })
  const certificates = openCertificates({ clients, clock })
  const signer = openTokenSigner(keys, prover)
  const sign = jwtSigner(signer)
  return {
    ...openAuthenticator({ api_keys, certificates, calls, deliveries, checkSender }),
    ...openMinter({ settings, signer, clock, dice, ...memories }),
    ...openClientAuth({ api_keys, certificates, assertions, once }),
    ...openSubjects({ public_url, calls, deliveries, people, grants }),
    ...openOwnReader({ public_url, calls, deliveries }),
    ...dpop,
    once,
    ...openTxnTokens({
      issuer: public_url,
      trustDomain: settings.tokens.trust_domain,
      sign,
      now_s: () => Math.floor(clock.now() / 1000),
      prove: (raw, peer) => txns.prove(raw, peer),
    }),
    sign,
    signCard: openCardSigner({ keys, prover, publicUrl: public_url }),
    chargePeer: (peer) => budget.take(peer),
    forgetTokens() {
      for (const memory of Object.values(memories)) memory.forget()
    },
    warm: async () => await warm(sources),
  }
}
