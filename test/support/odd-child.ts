/**
 * A process that answers lines, and behaves as its first argument says; for what real servers do on bad days.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const [, , mode = 'plain', more = ''] = process.argv

function say(message: object): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
}

interface Asked {
  readonly id?: number
  readonly method?: string
}

const answers: Readonly<Record<string, (asked: Asked) => void>> = {
  plain: ({ id }) => say({ id, result: { pid: process.pid } }),
  environment: ({ id }) => say({ id, result: { env: process.env, cwd: process.cwd(), args: process.argv.slice(3) } }),
  chatter: ({ id }) => {
    process.stdout.write('Server listening...\n\n{"half": \n{"no":"message"}\n')
    say({ id, result: {} })
  },
  flood: ({ id }) => {
    // More than any pipe holds: whoever does not read it never gets the answer.
    for (let i = 0; i < 400; i += 1) process.stderr.write(`${'\u001b[31mnoise '.repeat(1000)}${i}\n`)
    process.stderr.write(`the key is ${process.env['API_KEY']}\n`)
    process.stderr.write('last words\n', () => say({ id, result: {} }))
  },
  leaves: ({ method }) => {
    process.stderr.write('I cannot do that\n')
    if (method === 'go') process.exit(3)
  },
  old: ({ id, method }) => {
    if (method !== 'initialize') process.exit(1)
    say({ id, result: {} })
  },
  long: () => void process.stdout.write(`{"id":1,"result":"${'x'.repeat(Number(more))}"}\n`),
  mute: () => undefined,
  deaf: ({ id }) => {
    say({ id, result: {} })
    lines.close()
    process.stdin.pause()
  },
  stubborn: ({ id }) => {
    // A grandchild in the same group; neither ends when it is asked to.
    const ignore = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'
    const grandchild = spawn(process.execPath, ['-e', `${ignore}; console.log(1)`])
    process.on('SIGTERM', () => undefined)
    setInterval(() => undefined, 1000)
    grandchild.stdout.once('data', () => say({ id, result: { pid: process.pid, grandchild: grandchild.pid } }))
  },
  orphans: ({ id, method }) => {
    if (method === 'go') process.exit(0)
    const grandchild = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    say({ id, result: { grandchild: grandchild.pid } })
  },
  voiceless: () => process.stdout.end(),
}

if (mode === 'crash') process.exit(1)
const lines = createInterface({ input: process.stdin })
const answer = answers[mode]
if (answer) lines.on('line', (line) => answer(JSON.parse(line) as Asked))
