/** `/mcp/_weir`: what an agent may know of itself. Nothing here starts a run, costs anything or changes anything. */
import type { JsonObject } from '../../../base/json.ts'
import { readJsonObject } from '../../../base/json.ts'
import { valueAtPath } from '../../../base/json-edit.ts'
import type { Json } from '../../../relay/mcp/channel.ts'
import type { Client, Meant } from '../behind.ts'
import type { Received } from '../threshold.ts'
import type { Road } from '../../road.ts'
import { listCallable, readCallableAsked } from './callable.ts'
import { myRun, whoami } from './self.ts'
import { selfDefinitions } from './self-definitions.ts'
import type { OwnTools } from './own-behind.ts'

const instructions =
  'What Weir, the gateway that you call everything through, knows of you: who you are to it, the run you work in with what it ' +
  'has spent and has left, and what you may call. Asking is free. Look at my_run before a plan that costs much, and after a refusal.'

export class SelfTools implements OwnTools {
  readonly instructions = instructions
  readonly #road: Road
  readonly #received: Received
  readonly #client: Client

  constructor(road: Road, received: Received, client: Client) {
    this.#road = road
    this.#received = received
    this.#client = client
  }

  list(): readonly object[] {
    return selfDefinitions
  }

  find(name: string): Meant | null {
    return selfDefinitions.some((tool) => tool.name === name) ? { kind: 'own' } : null
  }

  async answer(name: string, params: Json | null): Promise<JsonObject> {
    if (name === 'whoami') return told(whoami(this.#received))
    if (name === 'my_run') return told({ run: myRun(this.#road, this.#received) })
    const text = params === null ? null : valueAtPath(params, ['arguments'])
    const asked = readCallableAsked(text === null ? {} : readJsonObject(text.toString('utf8')))
    if (typeof asked === 'string') return { content: [{ type: 'text', text: asked }], isError: true }
    return told(await listCallable(this.#road, this.#client.reader, asked))
  }
}

function told(facts: JsonObject): JsonObject {
  return { content: [{ type: 'text', text: JSON.stringify(facts) }], structuredContent: facts }
}
