/**
 * How each client is pointed at Weir: files it reads, variables it takes, lines of code. A credential is never written into any
 * of them: files name the variable `WEIR_TOKEN`, which whoever starts the client sets.
 */
import { managedToml, withEnv, withJson, withListed } from './edits.ts'

/** The variable that holds the credential of the agent. */
export const tokenVariable = 'WEIR_TOKEN'

/** Where Weir is, for a client. */
export interface World {
  /** `gateway.public_url`, without a trailing slash. */
  readonly url: string
  /** The home directory of whoever runs the client. */
  readonly home: string
}

/** One thing a client needs. */
export type Piece =
  /** A file, edited so that what else is in it stays; null of `edit` where it cannot be edited safely. */
  | { readonly kind: 'file'; readonly path: string; readonly edit: (before: string) => string | null }
  /** Variables of the shell the client is started in. */
  | { readonly kind: 'env'; readonly lines: readonly (readonly [name: string, value: string])[] }
  /** Code, where a client is set up in code. */
  | { readonly kind: 'code'; readonly language: string; readonly text: string }

export interface Recipe {
  /** What it is, for the list of clients. */
  readonly title: string
  /** How its calls find their run, at best. */
  readonly context: string
  readonly pieces: (world: World) => readonly Piece[]
}

/** Programs that read such files put no variables into each other, so the credential comes from the shell. */
function variables(place: Readonly<Record<string, string>>, credential: string): readonly Piece[] {
  return [
    { kind: 'file', path: '.env', edit: (before) => withEnv(before, place) },
    { kind: 'env', lines: [[credential, `$${tokenVariable}`]] },
  ]
}

const mcpHeaders = { Authorization: `Bearer \${${tokenVariable}}` }

/** Below `weir exec` it is another, which goes with the credential there. */
function claudeMcpUrl({ url }: World): string {
  return `\${WEIR_MCP_URL:-${url}/mcp}`
}

const vscodeInput = {
  id: 'weir-token',
  type: 'promptString',
  description: 'Credential of the agent at Weir',
  password: true,
}

/** By the name that `weir connect` takes. */
export const recipes: Readonly<Record<string, Recipe>> = {
  'openai-sdk': {
    title: 'the SDKs of OpenAI, and whatever reads their variables',
    context: 'traceparent, or Weir-Run-Id in OPENAI_CUSTOM_HEADERS',
    pieces: ({ url }) => variables({ OPENAI_BASE_URL: `${url}/v1` }, 'OPENAI_API_KEY'),
  },
  'anthropic-sdk': {
    title: 'the SDKs of Anthropic',
    context: 'traceparent, or Weir-Run-Id in its default headers',
    pieces: ({ url }) => variables({ ANTHROPIC_BASE_URL: url }, 'ANTHROPIC_AUTH_TOKEN'),
  },
  'claude-code': {
    title: 'Claude Code: models and tools',
    context: 'its own session and agent headers, and traceparent',
    pieces: (world) => [
      {
        kind: 'file',
        path: '.claude/settings.local.json',
        edit: (before) =>
          withJson(before, ['env'], {
            CLAUDE_CODE_PROPAGATE_TRACEPARENT: '1',
            CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
          }),
      },
      {
        kind: 'file',
        path: '.mcp.json',
        edit: (before) =>
          withJson(before, ['mcpServers'], { weir: { type: 'http', url: claudeMcpUrl(world), headers: mcpHeaders } }),
      },
      // Both or neither: with the place alone, Claude Code would show Weir what it shows Anthropic.
      {
        kind: 'env',
        lines: [
          ['ANTHROPIC_BASE_URL', world.url],
          ['ANTHROPIC_AUTH_TOKEN', `$${tokenVariable}`],
        ],
      },
    ],
  },
  codex: {
    title: 'Codex: models and tools',
    context: 'its own session and thread headers',
    pieces: ({ url, home }) => [
      {
        kind: 'file',
        path: `${home}/.codex/config.toml`,
        edit: (before) =>
          managedToml(before, [
            '[model_providers.weir]',
            'name = "Weir"',
            `base_url = "${url}/v1"`,
            `env_key = "${tokenVariable}"`,
            'wire_api = "responses"',
            '',
            '[mcp_servers.weir]',
            `url = "${url}/mcp"`,
            `bearer_token_env_var = "${tokenVariable}"`,
          ]),
      },
      { kind: 'code', language: 'sh', text: 'codex -c model_provider=weir' },
    ],
  },
  cursor: {
    title: 'Cursor: tools; its models by "Override OpenAI Base URL" in its settings',
    context: 'none of its own',
    pieces: ({ url }) => [
      {
        kind: 'file',
        path: '.cursor/mcp.json',
        edit: (before) =>
          withJson(before, ['mcpServers'], {
            weir: { url: `${url}/mcp`, headers: { Authorization: `Bearer \${env:${tokenVariable}}` } },
          }),
      },
      { kind: 'code', language: 'text', text: `Override OpenAI Base URL: ${url}/v1` },
    ],
  },
  vscode: {
    title: 'Visual Studio Code: tools; it asks for the credential once and keeps it',
    context: 'traceparent in _meta',
    pieces: ({ url }) => [
      {
        kind: 'file',
        path: '.vscode/mcp.json',
        // Variables of the environment are not put into headers there (microsoft/vscode#336232), inputs are.
        edit: (before) => {
          const headers = { Authorization: 'Bearer ${input:weir-token}' }
          const served = withJson(before, ['servers'], { weir: { type: 'http', url: `${url}/mcp`, headers } })
          return served && withListed(served, 'inputs', vscodeInput)
        },
      },
    ],
  },
  'pydantic-ai': {
    title: 'pydantic-ai: models and tools',
    context: 'traceparent, where its instrumentation is on',
    pieces: ({ url }) => [
      {
        kind: 'code',
        language: 'python',
        text: `import os
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

token = os.environ["${tokenVariable}"]
provider = OpenAIProvider(base_url="${url}/v1", api_key=token)
tools = MCPToolset("${url}/mcp", headers={"Authorization": f"Bearer {token}"})
agent = Agent(OpenAIChatModel("provider/model", provider=provider), toolsets=[tools])`,
      },
    ],
  },
  langchain: {
    title: 'LangChain and LangGraph: models and tools',
    context: 'Weir-Run-Id in default_headers, or traceparent',
    pieces: ({ url }) => [
      {
        kind: 'code',
        language: 'python',
        text: `import os
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_openai import ChatOpenAI

token = os.environ["${tokenVariable}"]
model = ChatOpenAI(model="provider/model", base_url="${url}/v1", api_key=token)
tools = MultiServerMCPClient({
    "weir": {
        "transport": "streamable_http",
        "url": "${url}/mcp",
        "headers": {"Authorization": f"Bearer {token}"},
    }
})`,
      },
    ],
  },
  'openai-agents': {
    title: 'OpenAI Agents SDK: models and tools',
    context: 'dev.weir/run by tool_meta_resolver, or traceparent',
    pieces: ({ url }) => [
      {
        kind: 'code',
        language: 'python',
        text: `import os
from agents import set_default_openai_client, set_tracing_disabled
from agents.mcp import MCPServerStreamableHttp
from openai import AsyncOpenAI

token = os.environ["${tokenVariable}"]
client = AsyncOpenAI(base_url="${url}/v1", api_key=token)
set_default_openai_client(client, use_for_tracing=False)
# Traces go to OpenAI, with OPENAI_API_KEY: to send them, give them a key of OpenAI by set_tracing_export_api_key.
set_tracing_disabled(True)
tools = MCPServerStreamableHttp(
    params={"url": "${url}/mcp", "headers": {"Authorization": f"Bearer {token}"}}
)`,
      },
    ],
  },
}
