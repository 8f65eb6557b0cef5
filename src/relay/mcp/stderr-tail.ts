/**
 * The last lines that a process wrote to its standard error. It may write as much as it likes and whatever it likes: little is
 * kept, and shown only without what people do not see and without the secrets it was given.
 */
import { LineSplitter, tooLong } from '../../base/line-splitter.ts'
import { cleanText } from '../../base/clean-text.ts'

const lines_max = 20
const line_bytes_max = 4096
const shown_chars_max = 300

export class StderrTail {
  readonly #splitter = new LineSplitter(line_bytes_max)
  readonly #secrets: readonly string[]
  readonly #lines: (Buffer | typeof tooLong)[] = []

  /** `secrets` are never shown. */
  constructor(secrets: readonly string[]) {
    // Shorter ones are words that stand everywhere, and hiding those would tell what they are.
    this.#secrets = secrets.filter((secret) => secret.length >= 6)
  }

  push(chunk: Buffer): void {
    for (const line of this.#splitter.push(chunk)) this.#keep(line)
  }

  /** The newest lines that say anything, cleaned, oldest first. */
  show(count: number): readonly string[] {
    const rest = this.#splitter.end()
    if (rest) this.#keep(rest)
    const texts = this.#lines.map((line) => (line === tooLong ? '(a line that is too long)' : this.#clean(line)))
    return texts.filter((text) => text !== '').slice(-count)
  }

  #clean(line: Buffer): string {
    const text = this.#secrets.reduce((said, secret) => said.replaceAll(secret, '[secret]'), line.toString('utf8'))
    return cleanText(text, shown_chars_max)
  }

  /** A copy, because a line is a piece of a chunk that would stay as well. */
  #keep(line: Buffer | typeof tooLong): void {
    this.#lines.push(line === tooLong ? line : Buffer.from(line))
    if (this.#lines.length > lines_max) this.#lines.shift()
  }
}
