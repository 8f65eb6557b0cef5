/** Where in a request media are, and what points at input that is not in it: one plan for each API. */
import type { ModelDialect } from '../../domain/call.ts'
import { type Plan, plan, planOfItself } from './walk.ts'

/** What is found. */
export const slots = {
  type: 0,
  /** A URL of a picture, which may be the picture. */
  picture: 1,
  /** Base64 of a picture, or of a document. */
  data: 2,
  /** Base64 of a sound. */
  sound: 3,
  /** What is in a file, in whatever form: its bytes count. */
  file: 4,
  /** An id or a link: of any length, where it is no picture's. */
  pointer: 5,
  /** Any content at all. */
  content: 6,
  /** Input, or a reader of input, that is not in the request. */
  elsewhere: 7,
  toolType: 8,
  /** An item of Responses. */
  item: 9,
  /** A model that may answer instead of the one that is asked, or beside it. */
  model: 10,
  /** A list of them, or one by itself. */
  models: 11,
  /** The id of an earlier response, whose input and output are input of this call. */
  previous: 12,
} as const

/** A part of a message. */
export const partSlot = 13

const type = plan(slots.type)
const elsewhere = plan(slots.elsewhere)
const pointer = plan(slots.pointer)
const file = plan(slots.file)
const picture = plan(slots.picture)
const sound = plan(-1, { members: { data: plan(slots.sound) } })
const model = plan(slots.model)
const tools = plan(-1, { items: plan(-1, { members: { type: plan(slots.toolType), model } }) })
/** A name, or a list of names, or of objects with one. */
const models = plan(slots.models, { items: model })
/** By which APIs, and those of LiteLLM and Vercel behind the shape of OpenAI, are told who may answer instead. */
const otherModels = {
  models,
  fallbacks: models,
  context_window_fallbacks: models,
  content_policy_fallbacks: models,
  providerOptions: plan(-1, { members: { gateway: plan(-1, { members: { models } }) } }),
}

const chatPart = plan(partSlot, {
  members: {
    type,
    image_url: plan(slots.picture, { members: { url: picture } }),
    input_audio: sound,
    file: plan(slots.file, { members: { file_data: file, file_id: pointer } }),
    // Of servers that take more than OpenAI does.
    video_url: plan(slots.file, { members: { url: pointer } }),
    audio_url: plan(slots.file, { members: { url: pointer } }),
  },
})

const chatMessage = plan(partSlot, {
  members: {
    content: plan(slots.content, { items: chatPart }),
    // An answer in sound that was given before, by its id.
    audio: plan(slots.file),
  },
})

const responsesParts = plan(slots.content, {
  items: plan(partSlot, {
    members: {
      type,
      image_url: picture,
      input_audio: sound,
      file_data: file,
      file_url: pointer,
      file_id: pointer,
    },
  }),
})

/** What a tool gave back: text, parts, or one screenshot. */
const responsesOutput = plan(partSlot, {
  members: { type, image_url: picture, file_id: pointer },
  items: responsesParts.items ?? plan(-1),
})

const responsesItem = plan(slots.item, {
  members: { type, content: responsesParts, output: responsesOutput, result: plan(slots.data) },
})

/** Parts of Messages hold parts: a result of a tool, and a document that is a list of them. */
const messagesPart = planOfItself((self) =>
  plan(partSlot, {
    members: {
      type,
      content: plan(slots.content, { items: self }),
      source: plan(-1, {
        members: {
          data: plan(slots.data),
          url: pointer,
          file_id: pointer,
          content: plan(slots.content, { items: self }),
        },
      }),
      // Goes to a container of the provider, which a tool reads.
      file_id: pointer,
    },
  }),
)

const nothing = plan(-1)

const messages = plan(-1, {
  members: {
    messages: plan(-1, { items: plan(-1, { members: { content: plan(-1, { items: messagesPart }) } }) }),
    system: plan(-1, { items: messagesPart }),
    tools,
    mcp_servers: elsewhere,
    ...otherModels,
  },
})

export const inputPlans: Readonly<Record<ModelDialect, Plan>> = {
  'openai-chat': plan(-1, {
    members: {
      messages: plan(-1, { items: chatMessage }),
      tools,
      web_search_options: elsewhere,
      // Of OpenRouter.
      plugins: elsewhere,
      ...otherModels,
    },
  }),
  'openai-responses': plan(-1, {
    members: {
      input: plan(-1, { items: responsesItem }),
      tools,
      previous_response_id: plan(slots.previous),
      conversation: elsewhere,
      prompt: elsewhere,
      ...otherModels,
    },
  }),
  'openai-embeddings': nothing,
  'openai-models': nothing,
  'anthropic-messages': messages,
  'anthropic-count': nothing,
  'anthropic-models': nothing,
}
