import { inspect } from 'node:util'

const mask = '[secret]'

/** A value that must never be printed. Whatever prints, logs or serialises it gets `[secret]`. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself; call it only where it goes on the wire or into a hash. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return mask
  }

  toJSON(): string {
    return mask
  }

  [inspect.custom](): string {
    return mask
  }
}
