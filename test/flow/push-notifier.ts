/**
 * A gateway in small for the kill test of push: takes events as fast as they are delivered and prints each it called kept.
 * With `drain` it takes none, delivers what waits and ends.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { deepRow, draftOf, helper, tasksIn } from '../support/tasks.ts'
import { plainPost } from '../support/plain-post.ts'
import { agent, run } from '../unit/ledger/entries.ts'

const [dir = '', url = '', first = ''] = process.argv.slice(2)
const tasks = await tasksIn(dir, { post: plainPost })
const sweeping = setInterval(() => tasks.sweep(Date.now()), 20)
const row = deepRow('t', [agent('alice')], run(1))
if (first === 'drain') {
  while (tasks.push.waiting > 0) await sleep(10)
  clearInterval(sweeping)
  await tasks.close()
} else {
  await tasks.put(row)
  await tasks.push.put(draftOf({ id: 'c', url }), row, row.owner)
  for (let seq = Number(first); ; seq += 1) {
    const kept = await tasks.push.notify(helper, 't', seq, () => Buffer.from(String(seq)))
    if (kept) await new Promise((resolve) => process.stdout.write(`${seq}\n`, resolve))
    // A line that is too long would lose its oldest events.
    while (tasks.push.waiting > 50) await sleep(5)
  }
}
