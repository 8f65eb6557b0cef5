/**
 * What the client suites run for each scenario: asks the test that started them to play it, and ends as it went. All
 * scenarios are started at once, so this stays small; the clients and Weir live with the test.
 */
const [, , desk = '', url = ''] = process.argv
const { MCP_CONFORMANCE_SCENARIO: scenario, MCP_CONFORMANCE_PROTOCOL_VERSION: version } = process.env
const context = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as unknown

const answer = await fetch(desk, { method: 'POST', body: JSON.stringify({ scenario, url, version, context }) })
const said = await answer.text()
if (!answer.ok) process.stderr.write(`${said}\n`)
process.exitCode = answer.ok ? 0 : 1
