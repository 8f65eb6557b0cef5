/**
 * What tools and prompts are called where several servers are one. A name depends on its server's slug and its own name
 * there, and on nothing else: it is the same whatever else is listed, and in whichever order servers answer.
 *
 *     files  read_file                  files_read_file                   slugs have no underscore, so it stands between
 *     files  read.file                  files_read_file_5f0a7c2e91bd      not its own letters: 48 bits of SHA-256 say which
 *     files  a name of 90 characters    files_a_name_of_90_ch_83b1...     too long: the same
 */
import { createHash } from 'node:crypto'

/** What clients put before a name and what they take at most leaves forty (Cursor counts both to sixty). */
const length_max = 40
const hash_digits = 12
const slug_length_max = 14
const plainForm = /^[A-Za-z0-9_-]+$/
/** A name that ends like this could be made to look like the one of another tool, so it gets a hash of its own. */
const hashedForm = new RegExp(`_[0-9a-f]{${hash_digits}}$`)

/** At most forty of `[A-Za-z0-9_-]`. */
export function exposedName(slug: string, name: string): string {
  const whole = `${slug}_${name}`
  if (whole.length <= length_max && plainForm.test(name) && !hashedForm.test(whole)) return whole
  const hash = createHash('sha256').update(`${slug}/${name}`).digest('hex').slice(0, hash_digits)
  const start = slug.slice(0, slug_length_max)
  const rest = length_max - start.length - hash_digits - 2
  return `${start}_${name.replaceAll(/[^A-Za-z0-9_-]+/g, '_').slice(0, rest)}_${hash}`
}
