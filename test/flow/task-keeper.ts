/** A gateway in small for the kill test: keeps tasks as fast as it can and prints each that was called kept. */
import { partyOf, taskRow, tasksIn } from '../support/tasks.ts'

const [dir = '', round = ''] = process.argv.slice(2)
const tasks = await tasksIn(dir, { maximums: { tasks: 1_000_000 } })
const owner = partyOf('alice')
let next = 0
for (;;) {
  const burst = Array.from({ length: 1 + (next % 40) }, () => keep(next++))
  await Promise.all(burst)
}

/** A new task, then the same with more to remember: prints the second when it is kept, then changes what need not be. */
async function keep(number: number): Promise<void> {
  const id = `${round}-${number}`
  const first = tasks.put(taskRow(id, owner, { memo: 'first' }))
  if (number % 3 === 0) await first
  const kept = await tasks.put(taskRow(id, owner, { memo: 'second' }))
  if (kept) await say(`${id}\n`)
  tasks.update(taskRow(id, owner).target, id, { instance: 'http://one' })
}

/** Returns when the line has left this process, so that a kill cannot take it back. */
function say(line: string): Promise<unknown> {
  return new Promise((resolve) => process.stdout.write(line, resolve))
}
