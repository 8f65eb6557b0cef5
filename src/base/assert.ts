/** A broken promise of our own code. Never the caller's fault; caught once, at the edge. */
export class Bug extends Error {
  override readonly name = 'Bug'
}

/** Asserts a promise about our own code; `promise` is the sentence that turned out to be untrue. */
export function assert(holds: boolean, promise: string): asserts holds {
  if (!holds) throw new Bug(promise)
}

/** The arm of an exhaustive switch that cannot be reached; a new kind makes this line fail to compile. */
export function unreachable(value: never): never {
  throw new Bug(`an unknown kind reached an exhaustive switch: ${String(value)}`)
}
