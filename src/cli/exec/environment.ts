/** What the command of `weir exec` finds in its environment. */

interface Local {
  /** Of the forwarder. */
  readonly url: string
  readonly secret: string
  readonly run: string
  readonly traceparent: string
}

type Env = Readonly<Record<string, string | undefined>>

/**
 * What the usual SDKs look for, all of it good on this machine only. What would lead elsewhere goes: the key of Anthropic, which
 * some clients prefer, and the way to the admin listener, which is ours.
 */
export function environment(env: Env, { url, secret, run, traceparent }: Local): NodeJS.ProcessEnv {
  return {
    ...env,
    WEIR_GATEWAY_URL: url,
    WEIR_TOKEN: secret,
    WEIR_RUN_ID: run,
    WEIR_MCP_URL: `${url}/mcp`,
    TRACEPARENT: traceparent,
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_KEY: secret,
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: secret,
    ANTHROPIC_API_KEY: undefined,
    WEIR_URL: undefined,
    WEIR_ADMIN_TOKEN: undefined,
    ...withoutProxy(env),
    ...withoutCache(env),
  }
}

/** Where the launcher keeps what Node compiled of Weir is no place for what it compiles of others. */
function withoutCache({ NODE_COMPILE_CACHE: folder = '' }: Env): Env {
  return folder.endsWith('/weir/compiled') ? { NODE_COMPILE_CACHE: undefined } : {}
}

/** A proxy for the outside is no way to an address of this machine, and would be shown the secret. */
function withoutProxy(env: Env): Env {
  const names = ['no_proxy', 'NO_PROXY']
  const said = names.map((name) => env[name]).find((value) => value !== undefined && value !== '')
  const value = said === undefined ? '127.0.0.1' : `${said},127.0.0.1`
  return Object.fromEntries(names.map((name) => [name, value]))
}
