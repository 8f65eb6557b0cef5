/** Exact counts of models: every call, whole or streamed and in either shape, is booked with what its provider said. */
import { asked, type Booked, type Check, ledgerOf } from './gate-desk.ts'
import { bill, type ModelStage, setModelStage, type Ways } from './models-stage.ts'
import { round } from './stage.ts'

const whole = { connections: 16, amount: 500 }
const streams = { together: 16, pieces: 60 }

export async function modelChecks(): Promise<readonly Check[]> {
  await using stage = await setModelStage(streams.pieces)
  // The one that opened the run is among them.
  let calls = 1
  for (const { weir } of Object.values(stage.whole)) {
    const { connections, amount } = whole
    calls += (await round(weir, connections, { amount })).calls
  }
  let told = 0
  for (const ways of Object.values(stage.streamed)) told += await toldWhole(stage, ways)
  const streamed = 2 * streams.together
  calls += streamed
  return [
    {
      name: 'every stream of a model was told to its end',
      holds: told === streamed,
      seen: `${told} of ${streamed}`,
    },
    ...(await counts(stage, calls)),
  ]
}

async function toldWhole({ caller }: ModelStage, { weir, events }: Ways): Promise<number> {
  const all = await Promise.all(Array.from({ length: streams.together }, () => caller.ask(weir.shot)))
  return all.filter(({ count }) => count.events === events).length
}

/** The process writes a boot entry and opens one run; a call is an intent and a record. */
async function counts(stage: ModelStage, calls: number): Promise<readonly Check[]> {
  const desk = { server: stage.weir, setup: stage.setup }
  const entries = 2 + 2 * calls
  const { appended, durable } = await ledgerOf(desk)
  const { spent, reserved, ...run } = JSON.parse(await asked(desk, `/api/v1/runs/${stage.run}`)) as Booked
  return [
    {
      name: 'every call of a model left its intent and its record, durable, and nothing else',
      holds: durable === entries && appended === entries,
      seen: `${durable} of ${entries}`,
    },
    {
      name: 'every call of a model is of the one run',
      holds: run.calls === calls && run.refused === 0,
      seen: `${run.calls} of ${calls}`,
    },
    {
      name: 'the run is booked with what the provider said of each',
      holds: spent.tokens === calls * bill.tokens && spent.cost_micros === calls * bill.cost_micros,
      seen: `${spent.tokens} tokens, ${spent.cost_micros} micros`,
    },
    {
      name: 'nothing is held for models when all is answered',
      holds: reserved.tokens === 0 && reserved.cost_micros === 0,
      seen: `${reserved.tokens}, ${reserved.cost_micros}`,
    },
  ]
}
