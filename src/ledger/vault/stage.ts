/** The stage of the ledger's writer that leaves no person in a row; and where orders about persons are carried out. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { systemClock } from '../../base/clock.ts'
import { cryptoDice } from '../../base/dice.ts'
import type { Stage } from '../stage.ts'
import { readStored, storeFrame } from '../stored.ts'
import type { VaultPlace } from './kek.ts'
import { VaultClerk, type VaultOrder } from './orders.ts'
import { openPeopleOf, type People } from './people.ts'
import { mayBePersonal, sealRow } from './seal-row.ts'

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
export function openVaultStage({ place, port }: VaultSetup): Stage {
  const people = openPeopleOf(place, { clock: systemClock, dice: cryptoDice() })
  if ('sentence' in people) throw new Error(people.sentence)
  return vaultStage(people, port)
}

export function vaultStage(people: People, port: MessagePort | null): Stage {
  const clerk = new VaultClerk(people)
  const answerAll = (): void => {
    if (!port) return
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      const { no, order } = next.message as Asked
      port.postMessage({ no, answer: clerk.answer(order) })
    }
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
      people.close()
      port?.close()
    },
  }
}
