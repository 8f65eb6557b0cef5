/** Exact counts of streams: what each leaves behind, and that what its caller reads is what its agent wrote. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Check, ledgerOf, signedBy } from './gate-desk.ts'
import { setStreamStage, type StreamSide } from './stream-stage.ts'

const streams = { together: 32, rounds: 4, events: 60 }

export async function streamChecks(): Promise<readonly Check[]> {
  await using stage = await setStreamStage()
  const { weir, agent, setup } = stage
  const direct: StreamSide = { ...weir, shotOf: (text) => ({ ...stage.pipe.shotOf(text), url: agent.url }) }
  const asWritten = await transcriptOf(direct)
  const read: string[] = []
  for (let n = 0; n < streams.rounds; n += 1)
    read.push(...(await Promise.all(Array.from({ length: streams.together }, () => transcriptOf(weir)))))
  // The one that opened the run is among them.
  const calls = 1 + read.length
  const desk = { server: weir.server, setup }
  const entries = 2 + 2 * calls + (await signedBy(desk))
  const { durable } = await ledgerOf(desk)
  // The table of tasks belongs to Weir for as long as it runs.
  await weir.server[Symbol.asyncDispose]()
  const rows = taskRows(setup.directory)
  const equal = read.filter((transcript) => transcript === asWritten).length
  return [
    {
      name: 'every stream left its intent, its record and its token if it got a new one, durable',
      holds: durable === entries,
      seen: `${durable} of ${entries}`,
    },
    { name: 'every stream left exactly one task', holds: rows === calls, seen: `${rows} of ${calls}` },
    {
      name: 'every stream reached its caller byte for byte',
      holds: equal === read.length,
      seen: `${equal} of ${read.length}`,
    },
  ]
}

/** All bytes of a stream but comments, with the numbers of its task put right. */
async function transcriptOf({ shotOf }: StreamSide): Promise<string> {
  const { url, headers, body } = shotOf(String(streams.events))
  const answer = await fetch(url, { method: 'POST', headers, body })
  const text = await answer.text()
  return text.replaceAll(/^:\n\n/gm, '').replaceAll(/"(task|context)-\d+"/g, '"$1"')
}

function taskRows(directory: string): number {
  const base = new DatabaseSync(join(directory, 'state', 'tasks.db'), { readOnly: true })
  try {
    return Number(base.prepare('SELECT count(*) AS count FROM tasks').get()?.['count'])
  } finally {
    base.close()
  }
}
