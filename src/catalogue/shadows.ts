/**
 * Tools that pass themselves off as those of another server, or that speak of them: a description that tells the model to
 * call somebody else's tool, a name that looks like another's. The same plain name at two servers is no shadow, because
 * the operator's slug stands before it.
 */

/** Letters that look like a Latin one (after UTS 39, confusables): Cyrillic, Greek, Armenian, and digits in words. */
const lookalikes: ReadonlyMap<string, string> = new Map(
  [
    ['a', 'аαɑ'],
    ['b', 'ЬƄ'],
    ['c', 'сϲᴄ'],
    ['d', 'ԁɗ'],
    ['e', 'еєҽ'],
    ['f', 'ƒ'],
    ['g', 'ɡց'],
    ['h', 'һհ'],
    ['i', 'іιıɩ1lӏІ|'],
    ['j', 'јϳ'],
    ['k', 'кκ'],
    ['m', 'мϻ'],
    ['n', 'ոп'],
    ['o', 'оοօ0σ'],
    ['p', 'рρ'],
    ['q', 'ԛգ'],
    ['r', 'гᴦ'],
    ['s', 'ѕꜱ'],
    ['t', 'тτ'],
    ['u', 'υսʋ'],
    ['v', 'νѵ'],
    ['w', 'ѡԝաω'],
    ['x', 'хχ'],
    ['y', 'уγү'],
    ['z', 'ᴢ'],
  ].flatMap(([plain = '', alike = '']) => Array.from(alike).map((each) => [each.toLowerCase(), plain] as const)),
)

/** Two names with one skeleton may be taken for each other. */
function skeleton(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/[\p{M}\p{Default_Ignorable_Code_Point}_.\s-]/gu, '')
    .toLowerCase()
  return Array.from(plain)
    .map((letter) => lookalikes.get(letter) ?? letter)
    .join('')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
}

const wordForm = /[A-Za-z0-9_./-]+/g
/** Names that nobody writes by chance: of several words, and not short. */
const namedForm = /[A-Za-z0-9][_./-]+[A-Za-z0-9]|[a-z0-9][A-Z]/
const named_length_min = 6
const named_length_max = 160
const named_max = 512

/** What in a text could be the name of a tool. */
export function namesIn(text: string): readonly string[] {
  const found = new Set<string>()
  for (const [word] of text.matchAll(wordForm)) {
    // A stranger chose the text: what is longer than a name is not even taken apart.
    if (word.length < named_length_min || word.length > named_length_max) continue
    for (const part of [word, ...word.split(/[./]/)]) {
      const name = part.replaceAll(/^[._/-]+|[._/-]+$/g, '')
      if (name.length >= named_length_min && namedForm.test(name)) found.add(name)
    }
    if (found.size >= named_max) break
  }
  return [...found]
}

/** A tool that others could be taken for. */
export interface Nameable {
  readonly server: string
  readonly name: string
  readonly exposed: string
}

/** A tool that could be taken for another one. */
export interface Suspect {
  readonly server: string
  readonly name: string
  /** What its texts could mean by names of tools. */
  readonly mentions: readonly string[]
}

export interface Shadow {
  /** A name of other letters that looks the same is never chance; everything else an operator may find harmless. */
  readonly weight: 'quarantine' | 'hold'
  readonly why: string
}

/** All names of all servers, each server's set replaced as a whole. */
export class Names {
  readonly #servers = new Map<string, readonly Nameable[]>()
  #bySkeleton: Map<string, Nameable[]> | null = null
  #bySpelling: Map<string, Nameable[]> | null = null

  /** Whether anything is different for the other servers. */
  set(server: string, tools: readonly Nameable[]): boolean {
    const before = this.#servers.get(server) ?? []
    const isSame = before.length === tools.length && before.every(({ name }, i) => name === tools[i]?.name)
    if (tools.length === 0) this.#servers.delete(server)
    else this.#servers.set(server, tools)
    if (!isSame) this.#bySkeleton = this.#bySpelling = null
    return !isSame
  }

  shadowOf(tool: Suspect): Shadow | null {
    return this.#lookalike(tool) ?? this.#reference(tool)
  }

  #lookalike({ server, name }: Suspect): Shadow | null {
    const alike = this.#skeletons().get(skeleton(name)) ?? []
    const other = alike.find((each) => each.server !== server && each.name !== name)
    if (other === undefined) return null
    // With plain letters only, case and underscores are a matter of taste.
    const isPlain = /^[\x20-\x7e]*$/.test(name)
    const why = `its name looks like ${other.server}/${other.name}`
    return { weight: isPlain ? 'hold' : 'quarantine', why: isPlain ? why : `${why} in other letters` }
  }

  #reference({ server, mentions }: Suspect): Shadow | null {
    const spellings = this.#spellings()
    for (const mention of mentions) {
      const known = spellings.get(mention) ?? []
      const other = known.find((each) => each.server !== server)
      if (other === undefined || known.some((each) => each.server === server)) continue
      return { weight: 'hold', why: `it speaks of ${other.server}/${other.name}, a tool of another server` }
    }
    return null
  }

  #skeletons(): ReadonlyMap<string, readonly Nameable[]> {
    this.#bySkeleton ??= this.#group((tool) => [skeleton(tool.name)])
    return this.#bySkeleton
  }

  #spellings(): ReadonlyMap<string, readonly Nameable[]> {
    this.#bySpelling ??= this.#group(({ server, name, exposed }) => [
      name,
      exposed,
      `${server}/${name}`,
      `${server}.${name}`,
    ])
    return this.#bySpelling
  }

  #group(keysOf: (tool: Nameable) => readonly string[]): Map<string, Nameable[]> {
    const groups = new Map<string, Nameable[]>()
    for (const tool of [...this.#servers.values()].flat())
      for (const key of new Set(keysOf(tool))) {
        const group = groups.get(key)
        if (group) group.push(tool)
        else groups.set(key, [tool])
      }
    return groups
  }
}
