/** What is wrong with a configuration, in the operator's words and with the place in the file. */
import { styleText } from 'node:util'

/** From the root of the file to a value: names of keys, numbers of list items. */
export type Path = readonly (string | number)[]

/** A mistake before its place in the file is known. */
export interface Finding {
  readonly path: Path
  /** Whether the key itself is the mistake and not its value. */
  readonly atKey?: boolean
  /** What is the matter: `unknown key`, `found "five"`. Never holds a secret. */
  readonly message: string
  readonly expected: string
  readonly suggestion?: string | null
}

/** One mistake and its place. `line` and `col` count from 1. */
export interface ConfigProblem {
  readonly file: string
  readonly line: number
  readonly col: number
  /** `identity.api_keys[0].agent`; empty for the file as a whole. */
  readonly path: string
  readonly message: string
  readonly expected: string
  readonly suggestion: string | null
}

/** `agents.research.versions[0]`. */
export function pathText(path: Path): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : (i ? '.' : '') + printable(step))).join('')
}

/** One line per mistake: `weir.yaml:4:23 limits.run.depth_max: found "five", expected ...; did you mean "5"?` */
export function formatProblems(problems: readonly ConfigProblem[], { color }: { readonly color: boolean }): string {
  const paint = (style: 'bold' | 'red' | 'cyan', text: string) =>
    color ? styleText(style, text, { validateStream: false }) : text
  return problems
    .map((problem) => {
      const place = paint('bold', `${problem.file}:${problem.line}:${problem.col}`)
      const path = problem.path === '' ? '' : `${paint('cyan', problem.path)}: `
      const hint = problem.suggestion === null ? '' : `; did you mean "${problem.suggestion}"?`
      return `${place} ${path}${paint('red', problem.message)}, expected ${problem.expected}${hint}\n`
    })
    .join('')
}

/** The first mistake as one sentence, for commands that need a configuration and do not judge it. */
export function firstProblem(problems: readonly ConfigProblem[], configPath: string): string {
  const more = problems.length > 1 ? `; and ${problems.length - 1} more: weir check ${configPath}` : ''
  return `${formatProblems(problems.slice(0, 1), { color: false }).trimEnd()}${more}`
}

/** A text from the file as it may stand in a terminal: control characters escaped, at most 60 characters. */
export function printable(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => {
    return `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  })
  return plain.length > 60 ? `${plain.slice(0, 59)}…` : plain
}
