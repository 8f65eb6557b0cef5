/** Tool servers of 2026-07-28 whose lists come in pages, and one that takes every connection and never answers. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface PagingServer extends AsyncDisposable {
  readonly url: string
  /** How many pages were asked for. */
  readonly asked: () => number
  /** Takes other definitions into use. */
  use(tools: readonly object[]): void
}

export interface Paged {
  readonly tools: readonly object[]
  readonly pages: number
}

/** `count` tools named `<name>_00` and on. */
export function manyTools(name: string, count: number): readonly object[] {
  return Array.from({ length: count }, (_, n) => ({
    name: `${name}_${String(n).padStart(2, '0')}`,
    description: `Number ${n} of ${name}`,
    inputSchema: { type: 'object' },
  }))
}

export async function servePages(paged: Paged): Promise<PagingServer> {
  let { tools } = paged
  let asked = 0
  const common = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' }
  const perPage = Math.ceil(tools.length / paged.pages)
  // The second page is asked for by an empty cursor, which is one like any other.
  const cursorOf = (page: number): string => (page === 1 ? '' : `p${page}`)
  const pageOf = (cursor: string | undefined): number =>
    cursor === undefined ? 0 : cursor === '' ? 1 : Number(cursor.slice(1))
  const answers: Readonly<Record<string, (params: { cursor?: string; name?: string }) => object>> = {
    'server/discover': () => ({
      ...common,
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: {} },
      serverInfo: { name: 'paging', version: '1.0.0' },
    }),
    'tools/list': ({ cursor }) => {
      asked += 1
      const page = pageOf(cursor)
      const next = page + 1 < paged.pages ? { nextCursor: cursorOf(page + 1) } : {}
      return { ...common, tools: tools.slice(page * perPage, (page + 1) * perPage), ...next }
    },
    'tools/call': ({ name }) => ({ resultType: 'complete', content: [{ type: 'text', text: `called ${name}` }] }),
  }
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString() || '{}') as {
        readonly id: unknown
        readonly method: string
        readonly params?: { cursor?: string; name?: string }
      }
      const said = answers[method]?.(params ?? {})
      const answer = said ? { result: said } : { error: { code: -32601, message: 'Method not found' } }
      outgoing.writeHead(said ? 200 : 404, { 'content-type': 'application/json' })
      outgoing.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
    })
  })
  const close = await listen(server)
  return {
    url: close.url,
    asked: () => asked,
    use: (others) => void (tools = others),
    [Symbol.asyncDispose]: close.close,
  }
}

/** Takes every request and never answers any. */
export async function serveNothing(): Promise<AsyncDisposable & { readonly url: string }> {
  const { url, close } = await listen(createServer(() => undefined))
  return { url, [Symbol.asyncDispose]: close }
}

async function listen(server: Server): Promise<{ readonly url: string; close(): Promise<void> }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
