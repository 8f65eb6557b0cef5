import { expect, test } from 'vitest'
import { goalOfPlace } from '../../../../src/pipeline/models/goal-of-model.ts'
import { modelCall } from '../../../support/model-inbound.ts'
import { loadedOf } from '../../../support/temp-config.ts'

const { settings } = await loadedOf('models: { providers: { p: { api: fake, output_tokens_max: 500 } } }\n')
const provider = settings.models.providers.get('p')
if (!provider) throw new Error('no provider')
const place = { candidate: { provider, model: 'm', weight: 1 }, price: null }

test.each([
  [{ max_tokens: 100 }, 100, 100],
  [{ max_tokens: 100, n: 128 }, 12_800, 12_800],
  [{ n: 2 }, 1000, Number.POSITIVE_INFINITY],
  [{ max_tokens: 0, n: 2 }, 1000, Number.POSITIVE_INFINITY],
])('tokens are asked about all answers of %o together', (said, maxOutputTokens, maxTokens) => {
  expect(goalOfPlace(modelCall('chat', { model: 'p/m', ...said }), place)).toMatchObject({
    asked: { kind: 'model', model: 'p/m', maxOutputTokens },
    model: { maxTokens },
  })
})
