/** Whether an authority allows a call, and what two authorities allow together. */
import type { AgentInvoke, Authority, Detail } from './authority.ts'

/** A call in the words of the registered details. */
export interface AuthorityAsk {
  readonly kind: 'agent'
  readonly slug: string
  /** The A2A method in the words of version 1.0: `SendMessage`. */
  readonly method: string
}

/** The scope that stands for calling agents. */
const invokeScope = 'agent:invoke'

/** Both ceilings have to allow it, where there are any. */
export function covers({ scopes, details }: Authority, ask: AuthorityAsk): boolean {
  if (scopes !== null && !scopes.includes(invokeScope)) return false
  return details === null || details.some((detail) => allows(detail, ask))
}

function allows(detail: Detail, { slug, method }: AuthorityAsk): boolean {
  if (detail.type !== 'agent_invoke') return false
  return (detail.targets?.includes(slug) ?? true) && (detail.methods?.includes(method) ?? true)
}

/** The same object where one of them is no ceiling, so that its hash is known. Otherwise never more than either. */
export function meet(a: Authority, b: Authority): Authority {
  if (a === b || isWide(b)) return a
  if (isWide(a)) return b
  return { scopes: both(a.scopes, b.scopes) ?? null, details: meetDetails(a.details, b.details) }
}

function isWide({ scopes, details }: Authority): boolean {
  return scopes === null && details === null
}

function meetDetails(a: Authority['details'], b: Authority['details']): Authority['details'] {
  if (a === null || b === null) return a ?? b
  const texts = new Set(b.map((detail) => JSON.stringify(detail)))
  const invokes = b.filter((detail) => detail.type === 'agent_invoke')
  return a.flatMap((detail): readonly Detail[] => {
    if (texts.has(JSON.stringify(detail))) return [detail]
    // Details of other kinds have to be the same on both sides: what cannot be compared is not allowed.
    return detail.type === 'agent_invoke' ? invokes.flatMap((other) => meetInvoke(detail, other)) : []
  })
}

function meetInvoke(a: AgentInvoke, b: AgentInvoke): readonly AgentInvoke[] {
  const [targets, methods] = [both(a.targets, b.targets), both(a.methods, b.methods)]
  if (targets?.length === 0 || methods?.length === 0) return []
  return [{ type: 'agent_invoke', ...(targets ? { targets } : {}), ...(methods ? { methods } : {}) }]
}

type Ceiling = readonly string[] | null | undefined

/** What stands on both sides; an absent side is no ceiling. */
function both(a: Ceiling, b: Ceiling): readonly string[] | undefined {
  if (!a || !b) return a ?? b ?? undefined
  return a.filter((each) => b.includes(each))
}
