/** Price books for tests: of providers as they stand in a configuration, and of everything in the built-in list. */
import { waitForUpdate } from '@pydantic/genai-prices'
import type { PriceBook } from '../../../src/pricing/contract.ts'
import { openPriceBook } from '../../../src/pricing/price-book.ts'
import { loadedOf } from '../../support/temp-config.ts'

/** `providers` in YAML's flow style: `{ openai: { api: openai, url: ... } }`. */
export async function bookOf(providers: string): Promise<PriceBook> {
  const { settings } = await loadedOf(`models: { providers: ${providers} }\n`)
  return openPriceBook(settings.models)
}

/** The whole list as it came with the package: without an update that is what its reader waits for. */
export const listed = (await waitForUpdate()) ?? []

/** A book in which every provider of the list has the slug `p0`, `p1`... */
export async function bookOfAll(): Promise<PriceBook> {
  const rows = listed.map(({ id }, at) => `p${at}: { api: openai, url: "http://127.0.0.1:1", prices_as: "${id}" }`)
  return await bookOf(`{ ${rows.join(', ')} }`)
}
