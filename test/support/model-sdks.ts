/** The real SDKs that agents call models with, each behind the same few words. */
import type { ModelSdk } from './model-sdk.ts'
import { aiSdks } from './model-sdk-ai.ts'
import { anthropicSdks } from './model-sdk-anthropic.ts'
import { langchainSdks } from './model-sdk-langchain.ts'
import { openaiSdks } from './model-sdk-openai.ts'

export const modelSdks: readonly ModelSdk[] = [...openaiSdks, ...anthropicSdks, ...aiSdks, ...langchainSdks]
