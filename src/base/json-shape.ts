/** Which members of a JSON text are looked for: dotted paths, compiled once into a tree the scanner walks. */

/** One member on the way to a path we want; `slot` says where its span is kept, -1 for the root. */
export interface Step {
  readonly name: string
  readonly bytes: Buffer
  readonly folded: Buffer
  readonly foldedName: string
  readonly slot: number
  readonly steps: Step[]
}

/** The members to look for, compiled once; paths are dotted member names from the root object, `\\.` a dot in a name. */
export interface JsonShape<Path extends string> {
  readonly slots: ReadonlyMap<Path, number>
  /** Every member on the way has a slot as well, so that none of them can appear twice. */
  readonly slotCount: number
  /** Start and end of each slot while nothing was found; to be copied. */
  readonly blank: readonly number[]
  readonly root: Step
  readonly lookalikes: 'refuse' | 'ignore'
}

/** A dot that no backslash stands before. */
const betweenNames = /(?<!\\)\./

export function jsonShape<const Path extends string>(
  paths: readonly Path[],
  lookalikes: 'refuse' | 'ignore',
): JsonShape<Path> {
  const root = stepOf('', -1)
  const slots = new Map<Path, number>()
  let slotCount = 0
  for (const path of paths) {
    let step = root
    for (const name of path.split(betweenNames).map((each) => each.replaceAll('\\.', '.'))) {
      let next = step.steps.find((known) => known.name === name)
      if (!next) step.steps.push((next = stepOf(name, slotCount++)))
      step = next
    }
    slots.set(path, step.slot)
  }
  const blank = Array.from({ length: 2 * slotCount }, () => -1)
  return { slots, slotCount, blank, root, lookalikes }
}

function stepOf(name: string, slot: number): Step {
  const foldedName = fold(name)
  return { name, bytes: Buffer.from(name), folded: Buffer.from(foldedName), foldedName, slot, steps: [] }
}

/** Two names with one fold may be taken for each other: protobuf, pydantic and Go differ in case and underscores. */
export function fold(name: string): string {
  return name.toUpperCase().toLowerCase().replaceAll('_', '')
}
