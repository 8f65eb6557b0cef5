/** `weir mcp stdio`: for clients that speak MCP over a pipe only. What stands on stdout are messages and nothing else. */
import { LineSplitter } from '../../base/line-splitter.ts'
import { Bridge } from '../bridge/bridge.ts'
import { Courier } from '../bridge/courier.ts'
import { credentialFrom, isCredential } from '../bridge/credential.ts'
import type { CliDeps } from '../deps.ts'
import { type CliProblem, isProblem, problem } from '../exit-codes.ts'
import { openTerminal } from '../terminal.ts'

export interface McpStdioOptions {
  readonly url?: string
  readonly gateway: string
  readonly server?: string
  readonly set?: string
  readonly tokenFile?: string
  readonly tokenEnv?: string
  readonly drain: string
}

/** Longer ones are longer than any gateway takes. */
const line_bytes_max = 67_108_864

/** Used where neither a file nor a variable was named. */
const usualVariable = 'WEIR_TOKEN'

export async function mcpStdio(deps: CliDeps, options: McpStdioOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const url = addressOf(options)
  if (isProblem(url)) return terminal.fail(url)
  const drain_s = /^\d{1,4}$/.test(options.drain) ? Number(options.drain) : null
  if (drain_s === null) return terminal.fail(problem('usage', '--drain takes a whole number of seconds.'))
  if (options.tokenFile !== undefined && options.tokenEnv !== undefined)
    return terminal.fail(problem('usage', 'Name the token by --token-file or by --token-env, not by both.'))
  const name = options.tokenEnv ?? usualVariable
  const place = { tokenFile: options.tokenFile ?? null, tokenEnv: { name, value: deps.env[name] } }
  const credential = credentialFrom(place, options.tokenEnv !== undefined)
  const first = await credential()
  if (!isCredential(first)) return terminal.fail(first)
  const say = (sentence: string): void => void terminal.fail(problem('failed', sentence))
  const courier = new Courier({ url, credential, say })
  const out = (message: Buffer): void => void deps.stdout.write(`${message.toString('utf8')}\n`)
  const bridge = new Bridge({ courier, out, say })
  const splitter = new LineSplitter(line_bytes_max)
  for await (const chunk of deps.stdin) {
    for (const line of splitter.push(Buffer.from(chunk as Uint8Array))) await bridge.take(line)
  }
  const rest = splitter.end()
  if (rest) await bridge.take(rest)
  await bridge.close(drain_s * 1000)
  return courier.exitCode()
}

const slug = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

function addressOf({ url, gateway, server, set }: McpStdioOptions): URL | CliProblem {
  if ([url, server, set].filter((each) => each !== undefined).length > 1)
    return problem('usage', 'Name the address by one of --url, --server and --set.')
  const name = server ?? set
  if (name !== undefined && !slug.test(name))
    return problem('usage', `${name} cannot be the name of a server or a set.`)
  const path = server === undefined ? `/mcp${set === undefined ? '' : `/${set}`}` : `/mcp/s/${server}`
  const parsed = URL.parse(url ?? gateway.replace(/\/+$/, '') + path)
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol))
    return problem('usage', `${url ?? gateway} is no http or https URL.`)
  if (parsed.username !== '' || parsed.password !== '')
    return problem('usage', 'The URL must not hold a credential; use --token-file or --token-env.')
  return parsed
}
