/** The OpenAPI 3.1 document of the admin listener, made of the routes it serves: neither can say what the other does not. */
import { queries } from './parameters.ts'
import { permissions, rolesOf } from './roles.ts'
import type { AnyRoute, Route } from './routes.ts'
import { json } from './routes.ts'
import { ref } from './schema-words.ts'
import { schemas } from './schemas.ts'

const path = '/api/v1/openapi.json'

/** Those routes, and the one that describes them all. */
export function withDescription(routes: readonly AnyRoute[], version: string): readonly AnyRoute[] {
  const described: Route = {
    method: 'GET',
    path,
    may: 'know',
    summary: 'This document',
    answers: 'OpenApi',
    answer: () => json(200, document),
  }
  const all = [...routes, described]
  const document = openApiOf(all, version)
  return all
}

function openApiOf(routes: readonly AnyRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const place = route.path.replace(/:([a-z]+)/g, '{$1}')
    paths[place] = { ...paths[place], [route.method.toLowerCase()]: operationOf(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Weir, for operators',
      version,
      description: 'The admin listener: on loopback only, for tools on that host, never for pages in a browser.',
    },
    paths,
    components: {
      schemas,
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  }
}

function operationOf(route: AnyRoute): object {
  const { method, may, summary, body } = route
  const placed = [...route.path.matchAll(/:([a-z]+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const asked = (route.query ?? []).map((name) => {
    const { schema, help } = queries[name]
    return { name, in: 'query', required: false, description: help, schema }
  })
  return {
    operationId: `${method.toLowerCase()}${route.path.replace(/[^a-z]+([a-z])/g, (_all, letter: string) => letter.toUpperCase())}`,
    summary,
    ...(may === 'open'
      ? { security: [] }
      : { security: [{ token: [] }], description: `For ${rolesOf(may)}: ${permissions[may].help}.` }),
    parameters: [...placed, ...asked],
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: ref(body) } } } }),
    responses: {
      [route.status ?? 200]: { description: summary, content: contentOf(route) },
      default: {
        description: 'Why not (RFC 9457)',
        content: { 'application/problem+json': { schema: ref('Problem') } },
      },
    },
  }
}

function contentOf(route: AnyRoute): object {
  if ('stream' in route) return { 'text/event-stream': { schema: { type: 'string' } } }
  if (route.answers === null) return { 'text/plain': { schema: { type: 'string' } } }
  return { 'application/json': { schema: ref(route.answers) } }
}
