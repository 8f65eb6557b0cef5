/** Anomalies on the archive thread: entries come from whoever follows the ledger, what was found goes to the main thread. */
import type { AnomalySettings } from '../config/settings.ts'
import type { Alert } from '../observe/alert.ts'
import { Anomalies } from '../observe/anomalies.ts'

/** The name under which the thread opens it, tells of it, and is heard. */
export const anomaliesName = 'anomalies'

/** What the main thread hears under that name: one alert at a time, at most twenty a second. */
interface Heard {
  readonly kind: 'heard'
  readonly name: string
  readonly value: unknown
}

/** The listener of the archive thread; `setup` is `settings.alerts.anomalies` as the main thread handed it over. */
export function openAnomaliesListener(
  setup: unknown,
  { tell }: { readonly tell: (news: Heard) => void },
): Pick<Anomalies, 'name' | 'entries' | 'tick'> {
  const settings = setup as AnomalySettings
  return new Anomalies({ settings, tell: (value) => tell({ kind: 'heard', name: anomaliesName, value }) })
}

/** The ear of the main thread: what the listener told is an alert, because nobody else speaks under its name. */
export function earOfAnomalies(send: (alert: Alert) => void): (value: unknown) => void {
  return (value) => send(value as Alert)
}
