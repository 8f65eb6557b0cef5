/** A hundred thousand hops are explained and folded in a small multiple of what it takes to put them in order once. */
import { expect, test } from 'vitest'
import { explain } from '../../../../src/domain/story/explain.ts'
import { nothingKnown } from '../../../../src/domain/story/explanation.ts'
import { foldTree } from '../../../../src/domain/story/fold-tree.ts'
import type { RunStory } from '../../../../src/domain/story.ts'
import { askingBack, type HopSketch, storyOfSketch } from '../../../support/stories.ts'

/** The least a reader has to do: order the hops and find each by its id. */
function linearPass({ hops }: RunStory): number {
  const ordered = hops.toSorted((a, b) => a.at - b.at)
  const place = new Map(ordered.map(({ id }, at) => [id, at]))
  return ordered.reduce(
    (sum, { parent, cost_micros }) => sum + cost_micros + (parent ? (place.get(parent) ?? 0) : 0),
    0,
  )
}

/** Of several tries, because others use the machine too. */
function fastest(work: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const begun = performance.now()
    work()
    return performance.now() - begun
  })
  return Math.min(...times)
}

const wide = Array.from({ length: 50_000 }, (_, at): HopSketch => ({ in: 1, from: 'b', to: `tool:t${at % 700}` }))

test.each([
  ['nested', storyOfSketch(askingBack(33_333))],
  ['side by side', storyOfSketch([{ in: 0, from: 'a', to: 'b' }, ...wide])],
])('%s: explaining and folding take no more than so many passes', (_name, story) => {
  const pass = fastest(() => linearPass(story))
  expect(fastest(() => explain(story, nothingKnown)) / pass).toBeLessThan(25)
  expect(fastest(() => foldTree(story)) / pass).toBeLessThan(25)
})
