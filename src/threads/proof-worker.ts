/** The entry of a proof thread: each export is a task the pool runs by name. */
import { workerData } from 'node:worker_threads'
import { type ProofResult, readBatch } from '../identity/proofs/proof-tasks.ts'
import { openProofRunner } from '../identity/proofs/verify-batch.ts'
import { compilePolicies } from '../policy/compile.ts'
import { evaluateOracle } from '../policy/oracle.ts'

const { keySlot } = workerData as { readonly keySlot: SharedArrayBuffer | null }

const runProofs = openProofRunner(keySlot)

/** Checks and makes the signatures of one batch, in order. */
export const verify = (batch: string): Promise<readonly ProofResult[]> => runProofs(readBatch(batch))

/** Reads and checks policies for a new snapshot. */
export const policies = compilePolicies

/** Asks Cedar itself about what the compiler does not cover. */
export const oracle = evaluateOracle
