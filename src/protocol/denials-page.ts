/** The reference page of refusals, generated from the catalogue, so that what callers see is what is written there. */
import { type DenialCode, type DenialRow, denialCodes, denials } from '../domain/denials.ts'

const head = `# Refusals

<!-- Generated from \`src/domain/denials.ts\` by \`npm run docs\`; edit the table there. -->

When Weir refuses a call, the caller gets an answer in the protocol it speaks, and never silence. On A2A over JSON-RPC
that is a JSON-RPC error (HTTP status 200; a stream gets it as its only event), except for 401, which is an HTTP answer so
that clients fetch a new credential. Over HTTP+JSON it is an HTTP status with a JSON body, and
\`event: error\` in a stream that is open already. The message is one fixed sentence a model can act on:

    [weir:<code>] <what was refused>. <what to do>. ref <hop id>

It never contains what the caller sent or what a policy says. \`error.data[0].metadata\` (\`error.details[0].metadata\` over
HTTP+JSON; 0.3 has no room for it there) holds \`hopId\`, \`runId\`, the
\`rule\` (a policy id or a limit such as \`run.depth_max\`), \`retryable\`, where waiting helps \`retry_after_ms\`, and the \`approvalId\` a person has to grant. Refusals
that a retry cannot change carry \`X-Should-Retry: false\`; those that waiting can, \`Retry-After\`. The detail an operator
needs is in the record of the call, under the same hop id.

Models (\`/v1\`) are refused in the shape that was asked for: OpenAI's, with \`error.type\` = \`weir_<code>\` and
\`error.code\` = the code, or Anthropic's, with the \`error.type\` that Anthropic has for the status. In both \`error.weir\`
holds \`code\`, \`hop_id\`, \`run_id\`, \`rule\`, \`retryable\` and \`retry_after_ms\`. The status is that of HTTP+JSON, but
for a provider that was too slow, which is 504. A stream that is open already ends with \`data: {"error":...}\` (chat) or
\`event: error\` (responses, messages).

A refusal that **halts** is a breach: with \`limits.on_breach: halt\` (the default) and the limit in mode \`enforce\`, the
whole run is stopped and the webhooks are told.

| code | JSON-RPC | its HTTP status | HTTP status over HTTP+JSON | retry | halts |
|---|---|---|---|---|---|
`

/** What the page says about each kind of retry. */
const retries: Readonly<Record<DenialRow['retry'], string>> = {
  never: 'no',
  after_refresh: 'with a fresh credential',
  after_step_up: 'with more scope',
  after_approval: 'once it is approved',
  after_wait: 'after waiting',
}

/** `docs/reference/denials.md`: every code with its numbers, its sentences and its meaning. */
export function denialsReference(): string {
  const rows = denialCodes.map((code) => `| ${cellsOf(code).join(' | ')} |\n`)
  return `${head}${rows.join('')}${denialCodes.map(sectionOf).join('')}`
}

function cellsOf(code: DenialCode): readonly string[] {
  const { jsonrpc, http, retry, halts }: DenialRow = denials[code]
  const rpc = jsonrpc === 0 ? String(1000 + http) : String(jsonrpc)
  const status = jsonrpc === 0 ? http : 200
  return [`[\`${code}\`](#${code})`, rpc, String(status), String(http), retries[retry], halts ? 'yes' : '']
}

function sectionOf(code: DenialCode): string {
  const { sentence, advice, meaning }: DenialRow = denials[code]
  return `\n## ${code}\n\n${meaning}\n\n> [weir:${code}] ${sentence}. ${advice}. ref hop_...\n`
}
