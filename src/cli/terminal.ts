/** How every command talks: data to stdout, everything else to stderr, JSON on request, questions only to a person. */
import type { CliDeps } from './deps.ts'
import { type CliProblem, exits, problem } from './exit-codes.ts'
import { type Paint, paintWith, visible, wantsColor } from './paint.ts'

export interface Terminal {
  readonly paint: Paint
  readonly color: boolean
  /** Data for people, ready to print. */
  print(text: string): void
  /** Data for machines: one object with a `schema` member on one line. */
  printJson(data: { readonly schema: string }): void
  /** A message that is no data. */
  say(text: string): void
  /** Says why a command cannot go on; returns the exit code that means it. */
  fail(why: CliProblem): number
}

export function openTerminal(deps: CliDeps): Terminal {
  const color = wantsColor(deps.isTTY, deps.env)
  const paint = paintWith(color)
  return {
    paint,
    color,
    print: (text) => void deps.stdout.write(text),
    // The same JSON: only texts hold such characters, and there `\u` and four digits say the same.
    printJson: (data) => void deps.stdout.write(`${visible(JSON.stringify(data))}\n`),
    say: (text) => void deps.stderr.write(`${text}\n`),
    fail: (why) => {
      deps.stderr.write(`${paint('bad', 'weir:')} ${visible(why.text)}\n`)
      return exits[why.exit]
    },
  }
}

/** Whether to go on with something that others will feel: asked once on a terminal, `--yes` needed anywhere else. */
export async function confirmed(
  deps: CliDeps,
  question: string,
  yes: boolean,
  option = '--yes',
): Promise<true | CliProblem> {
  if (yes) return true
  if (!deps.isTTY) return problem('usage', `Nobody is here to ask whether to go on; add ${option}.`)
  deps.stderr.write(`${question} [y/N] `)
  return /^y(?:es)?$/i.test((await firstLine(deps)).trim()) ? true : problem('no', 'Nothing was changed.')
}

const line_bytes_max = 65_536

/** The first line of stdin, without its end; what there is if the input ends first or the line is too long. */
export async function firstLine(deps: CliDeps): Promise<string> {
  let text = ''
  for await (const chunk of deps.stdin) {
    text += chunk.toString()
    if (text.includes('\n') || text.length > line_bytes_max) break
  }
  return text.split('\n', 1)[0] ?? ''
}
