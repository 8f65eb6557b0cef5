/** What is different between two texts, line by line, for a person who is about to say yes. */

/** Texts with more lines together are shown as all old and all new from the first difference on. */
const cells_max = 4_000_000
const context_lines = 2

interface Line {
  readonly mark: ' ' | '-' | '+'
  readonly text: string
}

/** Lines that begin with `-`, `+` or a space for what stands around them; '' where nothing is different. */
export function lineDiff(before: string, after: string): string {
  const all = compare(before.split('\n'), after.split('\n'))
  const near = (at: number): boolean =>
    all.slice(Math.max(0, at - context_lines), at + context_lines + 1).some(({ mark }) => mark !== ' ')
  return all
    .filter((_line, at) => near(at))
    .map(({ mark, text }) => `${mark} ${text}`.trimEnd())
    .join('\n')
}

function compare(old: readonly string[], now: readonly string[]): readonly Line[] {
  let [start, end] = [0, 0]
  const shorter = Math.min(old.length, now.length)
  while (start < shorter && old[start] === now[start]) start += 1
  while (end < shorter - start && old[old.length - 1 - end] === now[now.length - 1 - end]) end += 1
  const same = (text: string): Line => ({ mark: ' ', text })
  const middle = between(old.slice(start, old.length - end), now.slice(start, now.length - end))
  return [...old.slice(0, start).map(same), ...middle, ...old.slice(old.length - end).map(same)]
}

/** The longest common subsequence, from a table of its lengths. */
function between(old: readonly string[], now: readonly string[]): readonly Line[] {
  const gone = (text: string): Line => ({ mark: '-', text })
  const come = (text: string): Line => ({ mark: '+', text })
  const width = now.length + 1
  if (old.length * width > cells_max) return [...old.map(gone), ...now.map(come)]
  const lengths = new Uint32Array((old.length + 1) * width)
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = now.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const lines: Line[] = []
  let [i, j] = [0, 0]
  while (i < old.length || j < now.length) {
    const isSame = i < old.length && j < now.length && old[i] === now[j]
    if (isSame) lines.push({ mark: ' ', text: old[i] ?? '' })
    else if (j >= now.length || (i < old.length && at(i + 1, j) >= at(i, j + 1))) lines.push(gone(old[i] ?? ''))
    else lines.push(come(now[j] ?? ''))
    const mark = lines.at(-1)?.mark
    if (mark !== '+') i += 1
    if (mark !== '-') j += 1
  }
  return lines
}
