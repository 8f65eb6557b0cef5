/** A listener in a process of its own: `edge-child.ts <engine> <port>` prints its port, or why it cannot listen. */

import { isListenFailure, type ListenerOptions } from '../../src/edge/contract.ts'
import { openListener } from '../../src/edge/listener.ts'
import { optionsOf } from './edge.ts'

const engine = process.argv[2] as ListenerOptions['engine']
const options = optionsOf({ engine, port: Number(process.argv[3]), body_ms: 500, header_bytes: 4096 })
const listener = await openListener(options, async (inbound, reply) => {
  if (inbound.path === '/later') await new Promise((resolve) => setTimeout(resolve, 1))
  if (inbound.path !== '/stream') return reply.send(200, [['x-method', inbound.method]], inbound.body)
  reply.begin(200, [['content-type', 'text/event-stream']])
  reply.write(inbound.body)
  reply.end()
})
console.log(isListenFailure(listener) ? listener.detail : listener.port)
