/** How many calls of the demo went out with a delivery token that had been signed for an earlier one. */
import { systemClock } from '../src/base/clock.ts'
import { cryptoDice } from '../src/base/dice.ts'
import { acts } from '../src/cli/demo/acts.ts'
import { type Played, playAct } from '../src/cli/demo/play.ts'
import { setStage } from '../src/cli/demo/stage.ts'
import { isProblem } from '../src/cli/exit-codes.ts'

export interface HitRate {
  readonly title: string
  readonly hit: number
  readonly miss: number
}

/** Plays the acts of the demo and reads the counters of each gateway before it stops. */
export async function demoHitRates(): Promise<readonly HitRate[]> {
  await using struck = new AsyncDisposableStack()
  const stage = await setStage(cryptoDice(), struck)
  if (isProblem(stage)) throw new Error(stage.text)
  const rates: HitRate[] = []
  for (const act of acts) {
    const played = await playAct(act, stage, systemClock, () => undefined)
    if (isProblem(played)) throw new Error(played.text)
    rates.push({ title: act.title, ...(await countsOf(played)) })
    await played.gateway.stop()
  }
  return rates
}

async function countsOf({ admin }: Played): Promise<Pick<HitRate, 'hit' | 'miss'>> {
  const page = await (await fetch(`${admin.url}/metrics`)).text()
  const read = (outcome: string): number =>
    Number(new RegExp(`^weir_delivery_cache_total\\{outcome="${outcome}"\\} (\\d+)`, 'm').exec(page)?.[1] ?? 0)
  return { hit: read('hit'), miss: read('miss') }
}
