import { expect, test } from 'vitest'
import { ManualClock } from '../../../src/base/clock.ts'
import { ToolSearch } from '../../../src/catalogue/search.ts'
import { ScriptedKnown } from '../../support/scripted-known.ts'

const known = new ScriptedKnown(new ManualClock())
const risk = {
  crm: ['get_customer', 'list_customers', 'update_customer'],
  risk: ['customerRiskScore', 'portfolio_risk'],
  weather: ['forecast', 'storm_risk'],
}
const descriptions: Readonly<Record<string, string>> = {
  customerRiskScore: 'Analyses how likely a customer is to default',
  get_customer: 'Returns one customer',
  portfolio_risk: 'Computes the value at risk of a portfolio',
  storm_risk: 'Tells how likely a storm is',
}

function filled(): ToolSearch {
  for (const [server, tools] of Object.entries(risk)) {
    known.set(server, { tools: tools.map((name) => ({ name, more: { description: descriptions[name] ?? name } })) })
  }
  for (let i = 0; i < 17; i += 1) known.set(`other${i}`, { tools: [`thing_${i}`, 'list_all', 'find_tools'] })
  return new ToolSearch()
}

const servers = [...Object.keys(risk), ...Array.from({ length: 17 }, (_, i) => `other${i}`)]
const searched = (of: readonly string[] = servers) =>
  of.map((server) => ({ listing: known.listing(server), description: 'A tool server.' }))
const namesFound = (search: ToolSearch, query: string, of?: readonly string[]): readonly string[] =>
  search.search(searched(of), query).map(({ tool }) => tool.name)

test('what analyses the risk of customers comes first of twenty servers', () => {
  const found = namesFound(filled(), 'find all tools that can analyse customer risk')
  expect(found[0]).toBe('customerRiskScore')
  expect(found.slice(1, 5)).toEqual(expect.arrayContaining(['get_customer', 'portfolio_risk']))
  expect(found).not.toContain('find_tools')
})

test('other endings and spellings find the same', () => {
  const search = filled()
  for (const query of ['analyze customers', 'customer risks', 'custmer risk', 'RISK of Customer']) {
    expect(namesFound(search, query)[0]).toBe('customerRiskScore')
  }
})

test('names of parameters and what is said of the server count too', () => {
  known.set('pay', { tools: [{ name: 'send', more: { inputSchema: { type: 'object', properties: { iban: {} } } } }] })
  const search = new ToolSearch()
  expect(namesFound(search, 'iban', ['pay'])).toEqual(['send'])
  const banking = [{ listing: known.listing('pay'), description: 'Banking' }]
  expect(search.search(banking, 'banking').map(({ tool }) => tool.name)).toEqual(['send'])
})

test('only approved tools are found, only of the servers asked about, and only as they are now', () => {
  const search = filled()
  expect(namesFound(search, 'customer', ['weather'])).toEqual([])
  known.set('crm', { tools: [{ name: 'get_customer', state: 'changed' }, 'customer_count'] })
  expect(namesFound(search, 'customer', ['crm'])).toEqual(['customer_count'])
  search.forgetAllBut(new Set(['risk']))
  expect(namesFound(search, 'customer', ['crm'])).toEqual(['customer_count'])
})

test('a question without a word that says anything finds nothing', () => {
  const search = filled()
  for (const query of ['', 'find all the tools', '???', '"', '*']) expect(namesFound(search, query)).toEqual([])
})
