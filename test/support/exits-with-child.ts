/** A process that starts a stubborn child, says who was started, and exits without a word to it. */
import { openProcessChannel } from '../../src/relay/mcp/children.ts'
import { ask, nursery, odd } from './lines.ts'

const channel = openProcessChannel('files', odd('stubborn'), nursery().children)
const { messages } = await ask(channel, { id: 1, method: 'x' })
const { pid, grandchild } = messages[0]?.result ?? {}
process.stdout.write(JSON.stringify([pid, grandchild]), () => process.exit(0))
