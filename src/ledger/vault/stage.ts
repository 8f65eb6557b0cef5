/** The stage of the ledger's writer that leaves no person in a row; and where orders about persons are carried out. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { systemClock } from '../../base/clock.ts'
import { cryptoDice } from '../../base/dice.ts'
import { forgetHolds } from '../holds.ts'
import type { Stage } from '../stage.ts'
import { readStored, storeFrame } from '../stored.ts'
import type { VaultPlace } from './kek.ts'
import { VaultClerk, type VaultOrder } from './orders.ts'
import { type Captured, Payloads } from './payloads.ts'
import { openPeopleOf, type People } from './people.ts'
import { mayBePersonal, sealRow } from './seal-row.ts'
import { withoutName } from './texts.ts'

export interface VaultSetup {
  readonly place: VaultPlace
  /** Orders come in by it and answers go out. */
  readonly port: MessagePort
}

/** An order with the number its answer carries. */
export interface Asked {
  readonly no: number
  readonly order: VaultOrder
}

/** Throws, with a sentence for the operator, where the keys of persons cannot be opened: without them nothing may be written. */
export function openVaultStage({ place, port }: VaultSetup, ledgerDir: string): Stage {
  const people = openPeopleOf(place, { clock: systemClock, dice: cryptoDice() })
  if ('sentence' in people) throw new Error(people.sentence)
  return vaultStage(people, port, { payloads: new Payloads(place.dir), ledgerDir })
}

/** What else of a person is written, and goes with them. */
interface Beside {
  readonly payloads: Payloads | null
  /** Where the words about legal holds are. */
  readonly ledgerDir: string | null
}

export function vaultStage(
  people: People,
  port: MessagePort | null,
  { payloads, ledgerDir }: Beside = { payloads: null, ledgerDir: null },
): Stage {
  const clerk = new VaultClerk(people, (pseudonym, name) => {
    payloads?.forget(pseudonym)
    if (ledgerDir !== null) forgetHolds(ledgerDir, (text) => withoutName(text, name, pseudonym))
  })
  const waiting: Captured[] = []
  /** Payloads are kept as well as the disk lets them be: no record waits for them, and none is lost for them. */
  const keepAll = (captured: readonly Captured[], to: MessagePort): void => {
    if (captured.length === 0) return
    try {
      people.commit()
      payloads?.keep(captured, people)
      people.commit()
    } catch {
      // What the records say of them stays true, and nothing is shown where nothing is kept.
    }
    to.postMessage({ kept_bytes: captured.reduce((sum, { bytes }) => sum + bytes.length, 0) }, [])
  }
  const answerAll = (): void => {
    if (!port) return
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      const message = next.message as Asked | { readonly captured: Captured }
      if ('captured' in message) {
        waiting.push(message.captured)
        continue
      }
      // What came before an order is kept before it is carried out: nobody comes back by a payload from before.
      keepAll(waiting.splice(0), port)
      port.postMessage({ no: message.no, answer: clerk.answer(message.order) }, [])
    }
    keepAll(waiting.splice(0), port)
  }
  return {
    prepare(frame) {
      if (!mayBePersonal(frame)) return frame
      const stored = readStored(frame)
      if (!stored) return frame
      const { row, sealed } = sealRow(stored.row, people)
      return storeFrame(row, sealed)
    },
    prepared: () => people.commit(),
    tick: answerAll,
    close() {
      answerAll()
      payloads?.close()
      people.close()
      port?.close()
    },
  }
}
