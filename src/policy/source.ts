/**
 * What passes between the files on disk, the compiler on its thread and the evaluator on ours. Plain data only,
 * so that all of it can be cloned from one thread to another.
 */

/** One file of a policy directory; `name` is its name within the directory. */
export interface PolicyFile {
  readonly name: string
  readonly text: string
}

/** The files of a policy directory as they were read together. */
export interface PolicySource {
  readonly schema: PolicyFile
  /** By name, sorted. */
  readonly files: readonly PolicyFile[]
  /** SHA-256 of all files and their names, lower-case hexadecimal. */
  readonly hash: string
  readonly schemaHash: string
}

/** One mistake in a policy directory. Line and column start at 1; 0 where the mistake has no place. */
export interface PolicyProblem {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
  /** What might help, if the compiler has a suggestion. */
  readonly help: string | null
}

/** Policies that parsed and validated. */
export interface CompiledSource {
  readonly hash: string
  readonly schemaHash: string
  /** In the order of the files, then of the text. */
  readonly policies: readonly PolicyIr[]
  /** What is legal but looks like a mistake, such as a policy that can never apply. */
  readonly warnings: readonly PolicyProblem[]
}

/** One policy. Its scope reads only principal, action and resource; its condition may read the context too. */
export interface PolicyIr {
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  readonly text: string
  /** Where it begins; absent where it was lowered by itself. */
  readonly place?: PolicyPlace
  readonly scope: readonly Ir[]
  readonly condition: Ir
  /** Every entity the policy names. */
  readonly mentions: readonly EntityRef[]
  /** What in the condition is outside the compiled subset; if anything is, the condition must not be evaluated. */
  readonly uncovered: readonly string[]
  /** Every attribute it names, if it reads the arguments of calls; else none. */
  readonly args: readonly string[]
}

/** Line and column as editors show them, counted from 1. */
export type PolicyPlace = Pick<PolicyProblem, 'file' | 'line' | 'column'>

/** `Weir::Agent`, `research`. */
export interface EntityRef {
  readonly type: string
  readonly id: string
}

export type Unary = '!' | 'neg' | 'isEmpty'
export type Eager =
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '+'
  | '-'
  | '*'
  | 'in'
  | 'contains'
  | 'containsAll'
  | 'containsAny'
export type Lazy = '&&' | '||'
export type Variable = 'principal' | 'action' | 'resource' | 'context'

/** An expression of the compiled subset of Cedar. */
export type Ir =
  | { readonly op: 'literal'; readonly value: boolean | number | string }
  | { readonly op: 'entity'; readonly entity: EntityRef }
  | { readonly op: 'variable'; readonly name: Variable }
  | { readonly op: 'unary'; readonly by: Unary; readonly arg: Ir }
  | { readonly op: 'eager'; readonly by: Eager; readonly left: Ir; readonly right: Ir }
  | { readonly op: 'lazy'; readonly by: Lazy; readonly left: Ir; readonly right: Ir }
  | { readonly op: 'get'; readonly arg: Ir; readonly attr: string }
  /** `a has b.c` is `a has b && a.b has c`. */
  | { readonly op: 'has'; readonly arg: Ir; readonly path: readonly string[] }
  /** The literal pieces between the wildcards: `a*b` is `['a', 'b']`. */
  | { readonly op: 'like'; readonly arg: Ir; readonly pieces: readonly string[] }
  | { readonly op: 'is'; readonly arg: Ir; readonly type: string; readonly within: Ir | null }
  | { readonly op: 'if'; readonly test: Ir; readonly yes: Ir; readonly no: Ir }
  | { readonly op: 'set'; readonly items: readonly Ir[] }
  | { readonly op: 'record'; readonly fields: readonly (readonly [name: string, value: Ir])[] }

export function isCompiled(result: CompiledSource | readonly PolicyProblem[]): result is CompiledSource {
  return 'policies' in result
}

export function isSource(read: PolicySource | readonly PolicyProblem[]): read is PolicySource {
  return 'files' in read
}

/** `graph.cedar:3:7 unexpected token`, with the suggestion behind it. */
export function describeProblem(problem: PolicyProblem): string {
  const place = problem.line > 0 ? `${problem.file}:${problem.line}:${problem.column}` : problem.file
  return `${place} ${problem.message}${problem.help === null ? '' : ` (${problem.help})`}`
}
