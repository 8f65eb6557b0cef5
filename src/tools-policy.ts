/** What `weir policy test`, `lint`, `graph`, `diff` and `preview` are made of: a folder of policies and the configuration. */
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type CliProblem, isProblem, problem } from './cli/exit-codes.ts'
import type { PolicyTools } from './cli/policy/deps.ts'
import { isLoaded, loadConfig, type Loaded } from './config/load.ts'
import { areCases, readCaseFile } from './config/policy-cases.ts'
import { firstProblem, formatProblems } from './config/problems.ts'
import { type AgentId, isPersonId, isRunId, type RunId } from './domain/ids.ts'
import { factsFor, type StandingFacts, standingFacts } from './pipeline/whatif/facts.ts'
import { agentNamed, caseOf } from './pipeline/whatif/read-cases.ts'
import { readTarget } from './pipeline/whatif/recorded.ts'
import { universeOf } from './pipeline/whatif/universe.ts'
import { type PolicyCase, runCases, usualContext } from './policy/cases.ts'
import { graphOf } from './policy/graph.ts'
import { diffOf } from './policy/graph-diff.ts'
import { lintPolicies } from './policy/lint.ts'
import { loadPolicies } from './policy/load.ts'
import { previewOf } from './policy/preview.ts'
import type { Oracle } from './policy/question.ts'
import { openPolicy, type PolicySnapshot } from './policy/snapshot.ts'
import { describeProblem, isCompiled, isSource, type PolicySource } from './policy/source.ts'
import { allActions, effectOf, Surface, type Universe, workActions } from './policy/surface.ts'

/** Cedar on this thread: nothing else waits for it here, and it is loaded only where a policy needs it. */
const localOracle: Oracle = async (question) => {
  const { evaluateOracle } = await import('./policy/oracle.ts')
  return evaluateOracle(question)
}

/** Policies opened with what a configuration registers. */
export async function openSource(source: PolicySource, facts: StandingFacts): Promise<PolicySnapshot | CliProblem> {
  const { compilePolicies } = await import('./policy/compile.ts')
  const compiled = compilePolicies(source)
  if (!isCompiled(compiled)) return problem('no', compiled.map(describeProblem).join('\n'))
  return openPolicy({ source, compiled, oracle: localOracle, ...factsFor(facts) })
}

export async function openFolder(dir: string, facts: StandingFacts): Promise<PolicySnapshot | CliProblem> {
  const source = await loadPolicies(resolve(dir))
  if (!isSource(source)) return problem('no', source.map(describeProblem).join('\n'))
  return await openSource(source, facts)
}

export async function readConfig(configPath: string): Promise<Loaded | CliProblem> {
  const loaded = await loadConfig(configPath)
  return isLoaded(loaded) ? loaded : problem('no', firstProblem(loaded, configPath))
}

/** The id of a run without `run_` is its trace id. */
export function runNamed(written: string): RunId | CliProblem {
  const run = /^[0-9a-f]{32}$/.test(written) ? `run_${written}` : written
  return isRunId(run) ? run : problem('usage', `${written} is no id of a run: those begin with run_.`)
}

interface Bench {
  readonly kind: 'bench'
  readonly dir: string
  readonly facts: StandingFacts
  readonly policy: PolicySnapshot
  readonly universe: Universe
  readonly surface: Surface
  readonly starters: ReadonlySet<AgentId>
}

async function openBench({ configPath, dir }: { configPath: string; dir: string | null }): Promise<Bench | CliProblem> {
  const loaded = await readConfig(configPath)
  if (isProblem(loaded)) return loaded
  const facts = standingFacts(loaded.settings)
  const place = dir ?? loaded.settings.policy.dir
  const policy = await openFolder(place, facts)
  if (isProblem(policy)) return policy
  const universe = universeOf(facts, policy.parts.compiled.policies)
  const starters = new Set(facts.agents.filter((agent) => agent.may_start_runs).map(({ id }) => id))
  return { kind: 'bench', dir: place, facts, policy, universe, surface: new Surface(policy, universe), starters }
}

export const lint: PolicyTools['lint'] = async (asked) => {
  const bench = await openBench(asked)
  if (isProblem(bench)) return bench
  const policies = bench.policy.parts.compiled.policies.length
  const surface = new Surface(bench.policy, bench.universe, 'groups')
  return { schema: 'weir.policy-lint/v1', dir: bench.dir, policies, findings: lintPolicies({ ...bench, surface }) }
}

export const graph: PolicyTools['graph'] = async (asked) => {
  const bench = await openBench(asked)
  if (isProblem(bench)) return bench
  const { surface, universe, starters, policy } = bench
  return graphOf({
    agents: universe.agents,
    starters,
    edges: surface.edges(workActions),
    effectOf(name) {
      const target = readTarget(name)
      return target ? effectOf(policy, target) : { effect: 'unknown', external: false }
    },
  })
}

export const diff: PolicyTools['diff'] = async ({ configPath, before, after }) => {
  const loaded = await readConfig(configPath)
  if (isProblem(loaded)) return loaded
  const facts = standingFacts(loaded.settings)
  const [old, now] = [await openFolder(before, facts), await openFolder(after, facts)]
  if (isProblem(old)) return old
  if (isProblem(now)) return now
  const policies = [old, now].flatMap(({ parts }) => parts.compiled.policies)
  const universe = universeOf(facts, policies)
  const side = (policy: PolicySnapshot) => ({
    hash: policy.hash,
    edges: new Surface(policy, universe).edges(allActions),
  })
  return diffOf(side(old), side(now))
}

export const preview: PolicyTools['preview'] = async ({ agent, person, ...asked }) => {
  const principal = agentNamed(agent)
  if (principal === null) return problem('usage', `${agent} cannot be the name of an agent.`)
  const human = person === null || person.includes(':') ? person : `user:${person}`
  if (human !== null && !isPersonId(human)) return problem('usage', `${human} cannot be the name of a person.`)
  const bench = await openBench(asked)
  if (isProblem(bench)) return bench
  const { policy, universe } = bench
  if (!policy.world.agent(principal))
    return problem('not_found', `${principal} is not an agent in ${asked.configPath}.`)
  const context = { ...usualContext(principal, universe.environment), human }
  return await previewOf(
    policy,
    { principal, context: { ...context, maxTokens: 1, streaming: false } },
    universe.targets,
  )
}

const caseFile = /\.test\.(?:ya?ml|json)$/

export const test: PolicyTools['test'] = async (asked) => {
  const bench = await openBench(asked)
  if (isProblem(bench)) return bench
  const { dir, policy, facts } = bench
  const names = (await readdir(dir)).filter((name) => caseFile.test(name)).toSorted()
  if (names.length === 0)
    return problem('not_found', `There is no *.test.yaml in ${dir}: nothing says what its policies are to do.`)
  const cases: PolicyCase[] = []
  for (const name of names) {
    const read = await readCaseFile(join(dir, name))
    if (!areCases(read)) return problem('usage', formatProblems(read, { color: false }).trimEnd())
    for (const written of read) {
      const one = caseOf(written, facts.environment)
      if (typeof one === 'string') return problem('usage', one)
      cases.push(one)
    }
  }
  return await runCases(policy, cases)
}
