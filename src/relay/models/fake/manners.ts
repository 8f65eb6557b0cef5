/**
 * The models of the fake provider. A name is that of a row and, for some, a number behind it: `slow-20ms`, `error-429`.
 *
 *     echo        says the last words of the user back
 *     loop        calls the first tool it is offered, every time, whatever came back; without one it is an echo
 *     obey        does so until a sentence of Weir tells it to stop
 *     slow        an echo with a token every 100 ms, or as many milliseconds as its name says (to a tick of the wheel)
 *     cut         an echo whose connection is lost in the middle
 *     cut-quiet   an echo that ends in the middle as if that were all
 *     cut-error   an echo that tells of an error in the middle of a stream
 *     error       answers 500, or what its name says; `error-quota` is a key without money
 */
import { type Asked, type OfferedTool, type Saying } from './asked.ts'
import { isToldToStop } from './obedience.ts'
import { countWords, wordsOf } from './words.ts'

/** What a model says in one turn: words, or a call of a tool. */
export interface Turn {
  /** The words in order; those of the arguments, where a tool is called. */
  readonly tokens: readonly string[]
  /** The tool that is called. */
  readonly tool: string | null
  readonly stop: 'stop' | 'length' | 'tool'
  /** Words of everything that was said before. */
  readonly inputTokens: number
  /** Words that were said; a call of a tool is one for its name and those of its arguments. */
  readonly outputTokens: number
}

/** How an answer goes out. */
export interface Manner {
  answer(asked: Asked): Turn
  /** Before each token. */
  readonly pace_ms: number
  readonly ending: 'whole' | 'lost' | 'quiet' | 'error'
}

/** A model that only ever fails; `status` is a key of the table of errors. */
export interface Failing {
  readonly fails: string
}

interface Row {
  readonly name: RegExp
  readonly manner: (number: string | undefined) => Manner | Failing
}

const plain = { pace_ms: 0, ending: 'whole' } as const
const finalWords = 'I was told to stop, and this is what I have.'

const rows: readonly Row[] = [
  { name: /^echo$/, manner: () => ({ ...plain, answer: echo }) },
  { name: /^loop$/, manner: () => ({ ...plain, answer: loop }) },
  { name: /^obey$/, manner: () => ({ ...plain, answer: obey }) },
  {
    name: /^slow(?:-([1-9]\d{0,4})ms)?$/,
    manner: (pace_ms = '100') => ({ ...plain, answer: echo, pace_ms: Number(pace_ms) }),
  },
  { name: /^cut$/, manner: () => ({ ...plain, answer: echo, ending: 'lost' }) },
  { name: /^cut-quiet$/, manner: () => ({ ...plain, answer: echo, ending: 'quiet' }) },
  { name: /^cut-error$/, manner: () => ({ ...plain, answer: echo, ending: 'error' }) },
  { name: /^error(?:-([45]\d\d|quota))?$/, manner: (fails = '500') => ({ fails }) },
]

/** Names that stand for all of them, for lists. */
export const modelNames = ['echo', 'loop', 'obey', 'slow', 'cut', 'cut-quiet', 'cut-error', 'error'] as const

/** Null for a model that is not there. */
export function mannerOf(model: string): Manner | Failing | null {
  for (const { name, manner } of rows) {
    const match = name.exec(model)
    if (match) return manner(match[1])
  }
  return null
}

export function inputTokensOf({ said }: Pick<Asked, 'said'>): number {
  return said.reduce((sum, { text }) => sum + countWords(text), 0)
}

function echo(asked: Asked): Turn {
  return sayTurn(asked, lastOfUser(asked.said))
}

function loop(asked: Asked): Turn {
  const [tool] = asked.tools
  return tool ? callTurn(asked, tool) : echo(asked)
}

function obey(asked: Asked): Turn {
  return isToldToStop(asked.said) ? sayTurn(asked, finalWords) : loop(asked)
}

function sayTurn(asked: Asked, text: string): Turn {
  const words = wordsOf(text)
  const tokens = words.slice(0, Math.max(asked.outputMax ?? words.length, 0))
  return {
    tokens,
    tool: null,
    stop: tokens.length < words.length ? 'length' : 'stop',
    inputTokens: inputTokensOf(asked),
    outputTokens: tokens.length,
  }
}

/** A call that does not fit is not begun. */
function callTurn(asked: Asked, { name, textProperty }: OfferedTool): Turn {
  const written = textProperty === null ? {} : { [textProperty]: lastOfUser(asked.said) }
  const tokens = wordsOf(JSON.stringify(written))
  const outputTokens = 1 + tokens.length
  const inputTokens = inputTokensOf(asked)
  if (asked.outputMax !== null && outputTokens > asked.outputMax) {
    return { tokens: [], tool: null, stop: 'length', inputTokens, outputTokens: Math.max(asked.outputMax, 0) }
  }
  return { tokens, tool: name, stop: 'tool', inputTokens, outputTokens }
}

function lastOfUser(said: readonly Saying[]): string {
  return said.findLast(({ by }) => by === 'user')?.text ?? ''
}
