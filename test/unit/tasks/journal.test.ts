import { describe, expect, test } from 'vitest'
import { Journal, type Shelf } from '../../../src/tasks/journal.ts'
import type { Change } from '../../../src/tasks/shelves.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A disk that answers when the test says so. */
class SlowPaper {
  readonly writes: (readonly Change[])[] = []
  #done: ((problem: string | null) => void) | null = null

  write(changes: readonly Change[], done: (problem: string | null) => void): void {
    expect(this.#done).toBeNull()
    this.writes.push(changes)
    this.#done = done
  }

  answer(problem: string | null = null): void {
    const done = this.#done
    this.#done = null
    done?.(problem)
  }
}

function journalOn(paper: SlowPaper): { journal: Journal; shelf: Shelf; texts: Map<number, string> } {
  const journal = new Journal(paper, 0)
  const texts = new Map<number, string>()
  const shelf = journal.open('tasks', [], (no) => texts.get(no) ?? null)
  return { journal, shelf, texts }
}

describe('a journal', () => {
  test('writes a turn at once, and what comes meanwhile as it is when its time comes', async () => {
    const paper = new SlowPaper()
    const { shelf, texts } = journalOn(paper)
    texts.set(1, 'a').set(2, 'b')
    const first = shelf.keep(1)
    shelf.mark(2)
    shelf.mark(1)
    await turn()
    for (const text of ['x', 'y', 'z']) {
      texts.set(1, text)
      shelf.mark(1)
    }
    const second = shelf.keep(1)
    await turn()
    expect(paper.writes).toEqual([
      [
        ['tasks', 1, 'a'],
        ['tasks', 2, 'b'],
      ],
    ])
    paper.answer()
    expect(await first).toBe(true)
    expect(paper.writes[1]).toEqual([['tasks', 1, 'z']])
    paper.answer()
    expect(await second).toBe(true)
    expect(paper.writes).toHaveLength(2)
  })

  test('never writes a row that came and went in between, and deletes one that may be on the disk', async () => {
    const paper = new SlowPaper()
    const { shelf, texts } = journalOn(paper)
    texts.set(1, 'a')
    const short = shelf.keep(1)
    shelf.drop(1)
    expect(await short).toBe(false)
    texts.set(2, 'b')
    shelf.mark(2)
    await turn()
    texts.delete(2)
    shelf.drop(2)
    paper.answer('the disk is full')
    await new Promise((resolve) => setTimeout(resolve, 300))
    paper.answer()
    expect(paper.writes).toEqual([[['tasks', 2, 'b']], [['tasks', 2, null]]])
    shelf.drop(2)
    await turn()
    expect(paper.writes).toHaveLength(2)
  })

  test('lets nobody wait for a disk that fails, and owes it everything', async () => {
    const paper = new SlowPaper()
    const { journal, shelf, texts } = journalOn(paper)
    texts.set(1, 'a').set(2, 'b').set(3, 'c')
    const first = shelf.keep(1)
    await turn()
    const second = shelf.keep(2)
    paper.answer('the disk is full')
    expect([await first, await second, await shelf.keep(3), journal.problem]).toEqual([
      false,
      false,
      false,
      'the disk is full',
    ])
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(paper.writes[1]?.map(([, no]) => no).toSorted()).toEqual([1, 2, 3])
    paper.answer()
    expect(journal.problem).toBeNull()
  })

  test('that has ended keeps nothing, and says so to whoever waits', async () => {
    const paper = new SlowPaper()
    const { journal, shelf, texts } = journalOn(paper)
    texts.set(1, 'a')
    const waiting = shelf.keep(1)
    await turn()
    const flushed = journal.flush()
    journal.end('the thread is gone')
    expect([await waiting, await shelf.keep(1), journal.problem]).toEqual([false, false, 'the thread is gone'])
    await flushed
    paper.answer()
    expect(journal.problem).toBe('the thread is gone')
  })

  test('numbers no row twice, over restarts as well', () => {
    const numbersAt = (now: number, stored: readonly number[]): readonly number[] => {
      const shelf = new Journal(new SlowPaper(), now).open('tasks', stored, () => null)
      return [shelf.next(), shelf.next()]
    }
    expect(numbersAt(1000, [])).toEqual([16_000, 16_001])
    expect(numbersAt(1000, [7, 16_001])).toEqual([16_002, 16_003])
    // Whatever was numbered in a second and is gone lies below the numbers of the next start.
    expect(numbersAt(2000, [])[0]).toBeGreaterThan(16_003)
  })

  test('splits what is too much for one write', async () => {
    const paper = new SlowPaper()
    const { shelf, texts } = journalOn(paper)
    for (let no = 1; no <= 5000; no += 1) {
      texts.set(no, 'x')
      shelf.mark(no)
    }
    await turn()
    for (let round = 0; round < 3; round += 1) paper.answer()
    expect(paper.writes.map(({ length }) => length)).toEqual([2048, 2048, 904])
  })
})
