/** What is wrong with an authority that somebody wrote, and where; never what was written, because others wrote it. */
export class Misfit {
  /** From the value that was read to the mistake: names of members, numbers of list items. */
  readonly path: readonly (string | number)[]
  /** What may stand there, in words. */
  readonly expected: string
  /** Whether the last step of the path is a name nobody knows, and not the value behind it. */
  readonly atKey: boolean
  /** The words that are known there; empty where any text may stand. */
  readonly choices: readonly string[]

  constructor(
    path: readonly (string | number)[],
    expected: string,
    { atKey = false, choices = [] }: { readonly atKey?: boolean; readonly choices?: readonly string[] } = {},
  ) {
    this.path = path
    this.expected = expected
    this.atKey = atKey
    this.choices = choices
  }

  /** The same mistake seen from one step further out. */
  below(step: string | number): Misfit {
    return new Misfit([step, ...this.path], this.expected, this)
  }
}

/** The mistake of naming a member that is not among `known`. */
export function unknownMember(name: string, known: readonly string[]): Misfit {
  return new Misfit([name], `one of ${known.join(', ')}`, { atKey: true, choices: known })
}
