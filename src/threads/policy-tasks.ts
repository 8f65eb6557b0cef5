/** Policy work on the proof pool: Cedar is compiled, validated and asked there, never on the main thread. */
import type { Oracle, OracleAnswer } from '../policy/question.ts'
import type { CompiledSource, PolicyProblem, PolicySource } from '../policy/source.ts'
import type { ProofPool } from './pool.ts'

/** Ten thousand policies compile in about two seconds; a machine under load gets ten times that. */
const compile_ms = 20_000
const oracle_ms = 1000

export async function compileOn(
  pool: ProofPool,
  source: PolicySource,
): Promise<CompiledSource | readonly PolicyProblem[]> {
  return (await pool.run('policies', source, compile_ms)) as CompiledSource | readonly PolicyProblem[]
}

/** Rejects when the pool is full or does not answer in time; the decision is then a refusal. */
export function oracleOn(pool: ProofPool): Oracle {
  return async (question) => (await pool.run('oracle', question, oracle_ms)) as OracleAnswer
}
