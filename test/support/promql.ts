/** Which metrics and labels a PromQL expression names; as much of its grammar as rules and dashboards of ours use. */

export interface Named {
  /** Metrics with the matchers they are selected by. */
  readonly selected: readonly {
    readonly metric: string
    readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[]
  }[]
  /** Labels that results are grouped or joined by. */
  readonly grouped: readonly string[]
}

const words = new Set(['and', 'or', 'unless', 'by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'offset'])
const grouping = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g
const matcher = /^\s*(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*$/
/** A name that is not called as a function; a duration or a number has no letter before it. */
const name = /(?<![\w:.])([a-zA-Z_:][\w:]*)(?![\w:]|\s*\()\s*(\{[^}]*\})?/g

/** Throws on what it cannot read, so that nothing is passed over. */
export function namesIn(expr: string): Named {
  const grouped: string[] = []
  const flat = expr.replaceAll(grouping, (_, labels: string) => {
    grouped.push(...labels.split(',').map((label) => label.trim()))
    return ' '
  })
  const bare = flat.replaceAll(/\[[^\]]*\]/g, ' ').replaceAll(/\boffset\s+\w+/g, ' ')
  const functions = new Set([...bare.matchAll(/([a-zA-Z_][\w:]*)\s*\(/g)].map((found) => found[1]))
  const selected = [...bare.matchAll(name)].flatMap(([, metric = '', braces = '{}']) => {
    if (words.has(metric) || functions.has(metric)) return []
    const parts = braces
      .slice(1, -1)
      .split(',')
      .filter((part) => part.trim() !== '')
    const matchers = parts.map((part) => {
      const [, label = '', operator = '', value = ''] = matcher.exec(part) ?? []
      if (label === '') throw new Error(`not a matcher: ${part} in ${expr}`)
      return { label, operator, value }
    })
    return [{ metric, matchers }]
  })
  return { selected, grouped: grouped.filter((label) => label !== '') }
}
