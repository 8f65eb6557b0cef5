/** The pages that a person sees on the way to a tool server: no script, nothing from elsewhere, in no frame, and no trace of the link. */
import type { HeaderList } from '../../protocol/http.ts'

export interface Page {
  readonly title: string
  /** One paragraph each, as text. */
  readonly says: readonly string[]
  /** Facts as label and text. */
  readonly facts?: readonly (readonly [label: string, text: string])[]
  /** What the person may agree to. */
  readonly form?: { readonly ask: string; readonly button: string; readonly goesTo: string }
}

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#222;background:#fff}' +
  'dt{font-weight:600}dd{margin:0 0 .5rem;overflow-wrap:anywhere}button{font:inherit;padding:.5rem 1.25rem}'

export function writePage({ title, says, facts = [], form }: Page): string {
  const paragraphs = says.map((text) => `<p>${escaped(text)}</p>`).join('\n')
  const list = facts.map(([label, text]) => `<dt>${escaped(label)}</dt><dd>${escaped(text)}</dd>`).join('\n')
  const agree =
    form === undefined
      ? ''
      : `<form method="post"><input type="hidden" name="ask" value="${escaped(form.ask)}"><button>${escaped(form.button)}</button></form>`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${style}</style></head>
<body><h1>${escaped(title)}</h1>
${paragraphs}
<dl>${list}</dl>
${agree}
</body></html>
`
}

/** Browsers follow the redirect behind a form only where the page says that it may lead there. */
export function pageHeaders({ form }: Pick<Page, 'form'>): HeaderList {
  const goesTo = form === undefined ? "'none'" : `'self' ${form.goesTo}`
  const policy = `default-src 'none'; style-src 'unsafe-inline'; form-action ${goesTo}; frame-ancestors 'none'; base-uri 'none'`
  return [
    ['content-type', 'text/html; charset=utf-8'],
    ['content-security-policy', policy],
    ['x-frame-options', 'DENY'],
    ['x-content-type-options', 'nosniff'],
    ['referrer-policy', 'no-referrer'],
    ['cache-control', 'no-store'],
  ]
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (mark) => entities[mark] ?? '')
}
