/** Calls of an API over a real socket: what comes back, what never goes out, and how each ends. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deny } from '../../src/domain/verdict.ts'
import { type ApiBench, askLink, callTool, startApi } from '../support/api-bench.ts'

let api: ApiBench

beforeAll(async () => {
  api = await startApi()
})

afterAll(() => api.stop())

const text = { type: 'string' }
const json = (schema: object): object => ({ content: { 'application/json': { schema } } })

const document = {
  openapi: '3.1.0',
  info: { title: 'Pets', version: '7' },
  paths: {
    '/pets': {
      get: {
        operationId: 'list',
        parameters: [
          { name: 'page', in: 'query', schema: text },
          { name: 'cookie', in: 'header', schema: text },
          { name: 'x-team', in: 'header', schema: text },
        ],
        responses: { 200: json({ type: 'array', items: {} }) },
      },
      post: {
        operationId: 'create',
        requestBody: { required: true, ...json({ type: 'object', properties: { id: {}, note: {} } }) },
      },
    },
    '/pets/{id}': {
      put: { operationId: 'replace', parameters: [{ name: 'id', in: 'path', required: true, schema: text }] },
      patch: { operationId: 'patch', parameters: [{ name: 'id', in: 'path', required: true, schema: text }] },
      get: {
        operationId: 'show',
        parameters: [{ name: 'id', in: 'path', required: true, schema: text }],
        responses: { 200: json({ type: 'object' }) },
      },
      head: { operationId: 'look', parameters: [{ name: 'id', in: 'path', required: true, schema: text }] },
    },
  },
}

function answering(status: number, headers: Record<string, string>, body: string | Buffer = ''): void {
  api.answer = (_request, response) => response.writeHead(status, headers).end(body)
}

const asJson = { 'content-type': 'application/json; charset=utf-8' }

test('a list holds all tools, a call brings JSON back byte for byte, and a list is wrapped', async () => {
  const link = api.link(document)
  const end = await askLink(link, 'tools/list', null).end
  const listed =
    end.kind === 'result'
      ? (JSON.parse(end.result.toString()) as { readonly tools: readonly { readonly name: string }[] })
      : null
  expect(listed?.tools.map(({ name }) => name)).toEqual(['list', 'create', 'show', 'replace', 'look', 'patch'])
  expect([link.about.era, JSON.parse(link.about.serverInfo?.toString() ?? '')]).toEqual([
    'modern',
    { name: 'Pets', version: '7' },
  ])
  answering(200, asJson, '{"n": 12345678901234567890, "f": 1.0}')
  const shown = await askLink(link, 'tools/call', { name: 'show', arguments: { id: 'a' } }).end
  expect(shown.kind === 'result' && shown.result.toString()).toContain(
    '"structuredContent":{"n": 12345678901234567890, "f": 1.0}',
  )
  answering(200, asJson, '[1,2]')
  expect(await callTool(link, 'list', {})).toMatchObject({
    structuredContent: { result: [1, 2] },
    content: [{ text: '[1,2]' }],
  })
  expect(await askLink(link, 'prompts/list', null).end).toMatchObject({ kind: 'error' })
  expect(await askLink(link, 'tools/call', { name: 'none' }).end).toMatchObject({ kind: 'error' })
  link.close()
  expect(await askLink(link, 'tools/list', null).end).toMatchObject({ kind: 'fault' })
})

test('numbers of arguments keep their digits, and nulls of a body are said', async () => {
  answering(200, asJson, '{}')
  await askLink(
    api.link(document),
    'tools/call',
    '{"name":"create","arguments":{"id":12345678901234567890,"note":null}}',
  ).end
  expect(api.sent.at(-1)?.body.toString()).toBe('{"id":12345678901234567890,"note":null}')
})

test('every method is sent as it is called', async () => {
  answering(204, {})
  const link = api.link(document)
  for (const name of ['replace', 'patch', 'look', 'show']) await callTool(link, name, { id: 'x' })
  expect(api.sent.slice(-4).map(({ method }) => method)).toEqual(['PUT', 'PATCH', 'HEAD', 'GET'])
  expect((await callTool(link, 'show', { id: 'x' })).structuredContent).toEqual({})
})

test('what an API refuses is an error for the model, cut to its maximum, and a redirect is not followed', async () => {
  const link = api.link(document)
  answering(422, { ...asJson, 'retry-after': '7' }, JSON.stringify({ message: 'x'.repeat(900) }))
  const refused = await callTool(link, 'show', { id: 'x' })
  expect(refused).toMatchObject({ isError: true, _meta: { 'dev.weir/http': { status: 422, 'retry-after': '7' } } })
  expect(refused.content[0]?.text).toMatch(/^HTTP 422\.\n\{"message":"x{180,190}…$/)
  const before = api.sent.length
  answering(302, { location: 'http://169.254.169.254/' })
  expect((await callTool(link, 'show', { id: 'x' })).content[0]?.text).toMatch(/^HTTP 302\. It points elsewhere/)
  expect(api.sent.length).toBe(before + 1)
})

test('bytes come back as what they are, up to a maximum', async () => {
  const link = api.link(document)
  answering(200, { 'content-type': 'image/png' }, Buffer.alloc(8, 1))
  expect((await callTool(link, 'replace', { id: 'x' })).content).toEqual([
    { type: 'image', data: Buffer.alloc(8, 1).toString('base64'), mimeType: 'image/png' },
  ])
  answering(200, { 'content-type': 'application/pdf' }, Buffer.alloc(8, 1))
  expect((await callTool(link, 'replace', { id: 'x' })).content[0]).toMatchObject({
    type: 'resource',
    resource: { uri: 'openapi:/pets/x', mimeType: 'application/pdf' },
  })
  answering(200, { 'content-type': 'application/pdf' }, Buffer.alloc(2000, 1))
  expect(await callTool(link, 'replace', { id: 'x' })).toMatchObject({
    isError: true,
    content: [{ text: expect.stringContaining('2000 bytes') as string }],
  })
  answering(200, asJson, `"${'x'.repeat(4000)}"`)
  const tight = api.link(document, { maximums: { answer_bytes: 1000 } })
  expect(await askLink(tight, 'tools/call', { name: 'show', arguments: { id: 'x' } }).end).toMatchObject({
    kind: 'fault',
    fault: { code: 'too_large' },
  })
})

test('what follows is told and not fetched', async () => {
  const link = api.link(document)
  const before = api.sent.length
  answering(
    200,
    { ...asJson, link: `<${api.origin}/pets?page=2>; rel="next", <${api.origin}/pets?page=9>; rel="last"` },
    '[1]',
  )
  const first = await callTool(link, 'list', {})
  expect(first.content[1]?.text).toBe('There is more: call again with page=2.')
  expect(first._meta['dev.weir/next']).toEqual({ said: `${api.origin}/pets?page=2`, arguments: { page: '2' } })
  answering(200, asJson, '{"items":[],"next_page":3}')
  expect((await callTool(link, 'list', {}))._meta['dev.weir/next']).toEqual({ said: '3', arguments: { page: '3' } })
  expect(api.sent.length).toBe(before + 2)
})

test("the operator's headers and the credential go along and win, and nothing of the caller", async () => {
  answering(200, asJson, '{}')
  const credentials = (): readonly (readonly [string, string])[] => [['authorization', 'Bearer ours']]
  const base = `${api.origin}/v1/?key=k`
  const link = api.link(document, {
    base,
    headers: [
      ['X-Team', 'ops'],
      ['Cookie', 'a=1'],
    ],
    speaker: { credentials },
  })
  await callTool(link, 'list', { page: '1', cookie: 'b=2', 'x-team': 'theirs', authorization: 'Bearer theirs' })
  const sent = api.sent.at(-1)
  expect([sent?.url, sent?.headers]).toEqual([
    '/v1/pets?key=k&page=1',
    expect.objectContaining({ authorization: 'Bearer ours', 'x-team': 'ops', cookie: 'a=1', 'user-agent': 'weir' }),
  ])
})

test('a credential that is not taken is changed once, and a refusal of one is the end', async () => {
  const shown: (string | undefined)[] = []
  api.answer = (request, response) => {
    shown.push(request.headers.authorization)
    const good = request.headers.authorization === 'Bearer new'
    response.writeHead(good ? 200 : 401, { ...asJson, 'www-authenticate': 'Bearer' }).end('{}')
  }
  const asked: unknown[] = []
  const challenged = (status: number, challenge: string | null) => {
    asked.push([status, challenge])
    return Promise.resolve([['authorization', 'Bearer new']] as const)
  }
  const call = { name: 'show', arguments: { id: 'x' } }
  expect(await askLink(api.link(document, { speaker: { challenged } }), 'tools/call', call).end).toMatchObject({
    kind: 'result',
  })
  expect([shown, asked]).toEqual([[undefined, 'Bearer new'], [[401, 'Bearer']]])
  const refusing = { challenged: () => Promise.resolve(deny('upstream_unavailable', 'no')) }
  expect(await askLink(api.link(document, { speaker: refusing }), 'tools/call', call).end).toMatchObject({
    kind: 'denial',
  })
  const never = { credentials: () => deny('upstream_unavailable', 'no') }
  const before = api.sent.length
  expect(await askLink(api.link(document, { speaker: never }), 'tools/call', call).end).toMatchObject({
    kind: 'denial',
  })
  expect(api.sent.length).toBe(before)
})

test('arguments that do not fit are told to the model, and nothing is sent', async () => {
  const link = api.link(document)
  const before = api.sent.length
  expect(await callTool(link, 'show', {})).toMatchObject({
    isError: true,
    content: [{ text: 'The argument id is missing.' }],
  })
  expect(await callTool(link, 'show', { id: '..' })).toMatchObject({ isError: true })
  expect(await callTool(link, 'list', { 'x-team': 'a\r\nb: c' })).toMatchObject({ isError: true })
  expect(await askLink(link, 'tools/call', '{"name":"show","arguments":[]}').end).toMatchObject({ kind: 'result' })
  expect(api.sent.length).toBe(before)
})

test('whoever cancels lets go of the connection and hears nothing more', async () => {
  let cut = false
  api.answer = (request, response) => {
    request.socket.once('close', () => (cut = true))
    response.writeHead(200, asJson).write('{')
  }
  const before = api.sent.length
  const { talk, end } = askLink(api.link(document), 'tools/call', { name: 'show', arguments: { id: 'x' } })
  await expect.poll(() => api.sent.length).toBeGreaterThan(before)
  expect(talk.sent).toBe(true)
  talk.cancel('enough')
  await expect.poll(() => cut).toBe(true)
  expect(await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 50, 'silence'))])).toBe('silence')
})
