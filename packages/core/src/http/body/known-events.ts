/** The event protocols of model providers and chat front ends: the text that an event adds to the model's answer. */

import { objectOrEmpty } from '../../values/json-fields.js';
import { isJsonObject, type JsonObject } from '../../values/json-text.js';

/** One event of a stream. */
export interface StreamEvent {
  /** The type in its data, or the name of its SSE frame; '' without either. */
  readonly type: string;
  /** Whether the type is the name of its SSE frame. */
  readonly isNamedByFrame: boolean;
  /** The data as it was sent. */
  readonly data: string;
  /** The data parsed as JSON; undefined if it is not JSON. */
  readonly value: unknown;
}

interface Protocol {
  /** The text that an event adds; '' for an event of the protocol without text; undefined for any other. */
  eventText(type: string, value: JsonObject): string | undefined;
  /** Types of events without text. They count only in streams that contain text of the protocol. */
  readonly frames: RegExp;
}

const NEVER = /^(?!)/;

const PROTOCOLS: readonly Protocol[] = [
  {
    // OpenAI's chat and text completions, and compatible ones.
    eventText(_type, { choices, error, usage, id }) {
      if (!Array.isArray(choices) || isSet(error)) return undefined;
      if (choices.length === 0) return isSet(usage) || isSet(id) ? '' : undefined;
      const { delta, text, index = 0 } = objectOrEmpty(choices[0]);
      if (index !== 0) return undefined;
      if (typeof text === 'string') return text;
      return isJsonObject(delta)
        ? textOfContent(delta.content) || textOfContent(delta.refusal)
        : undefined;
    },
    frames: NEVER,
  },
  {
    // OpenAI's responses.
    eventText: (type, { delta }) =>
      type === 'response.output_text.delta' || type === 'response.refusal.delta'
        ? textOfContent(delta)
        : undefined,
    frames:
      /^response\.(?:(?:created|queued|in_progress|completed|incomplete)|(?:output_item|content_part|output_text|refusal|function_call_arguments|custom_tool_call_input|mcp_call|mcp_call_arguments|mcp_list_tools|web_search_call|file_search_call|code_interpreter_call|code_interpreter_call_code|image_generation_call|reasoning|reasoning_text|reasoning_summary|reasoning_summary_part|reasoning_summary_text|audio|audio\.transcript)\.[a-z_.]+)$/,
  },
  {
    // Anthropic's messages.
    eventText: (type, { delta }) =>
      type === 'content_block_delta' && isJsonObject(delta) ? textOfContent(delta.text) : undefined,
    frames:
      /^(?:message_start|message_delta|message_stop|content_block_start|content_block_stop|ping)$/,
  },
  {
    // The AI SDK's streams for user interfaces, and its full streams.
    eventText: (type, { delta, textDelta, text }) =>
      type === 'text-delta'
        ? textOfContent(delta) || textOfContent(textDelta) || textOfContent(text)
        : undefined,
    frames:
      /^(?:start|finish|start-step|finish-step|step-start|step-finish|abort|text-start|text-end|reasoning|reasoning-start|reasoning-delta|reasoning-end|reasoning-signature|redacted-reasoning|source|source-url|source-document|file|message-metadata|response-metadata|stream-start|raw|tool-(?:call|result|input-start|input-delta|input-end|input-available|output-available|output-denied|approval-request|call-delta|call-streaming-start))$/,
  },
  {
    // The AI SDK's older data stream, whose parts are named by one character.
    eventText: (type, { part }) => (type === '0:' && typeof part === 'string' ? part : undefined),
    frames: /^[9abcdefgij]:$/,
  },
  {
    // Gemini.
    eventText(_type, { candidates, usageMetadata }) {
      if (candidates === undefined) return isSet(usageMetadata) ? '' : undefined;
      if (!Array.isArray(candidates)) return undefined;
      const { content } = objectOrEmpty(candidates[0]);
      return isJsonObject(content) ? textOfContent(content.parts) : '';
    },
    frames: NEVER,
  },
  {
    // Cohere, both versions.
    eventText(type, { delta, text }) {
      if (type === 'text-generation') return textOfContent(text);
      if (type !== 'content-delta') return undefined;
      const { message } = objectOrEmpty(delta);
      return textOfContent(objectOrEmpty(objectOrEmpty(message).content).text);
    },
    frames:
      /^(?:message-start|message-end|content-start|content-end|tool-plan-delta|tool-call-start|tool-call-delta|tool-call-end|citation-start|citation-end|debug|stream-start|stream-end|search-queries-generation|search-results|citation-generation|tool-calls-generation|tool-calls-chunk)$/,
  },
  {
    // Ollama.
    eventText(_type, { model, done, message, response }) {
      if (typeof model !== 'string' || typeof done !== 'boolean') return undefined;
      if (typeof response === 'string') return response;
      return isJsonObject(message) ? textOfContent(message.content) : undefined;
    },
    frames: NEVER,
  },
  {
    // AG-UI, which CopilotKit uses.
    eventText: (type, { delta }) =>
      type === 'TEXT_MESSAGE_CONTENT' || type === 'TEXT_MESSAGE_CHUNK'
        ? textOfContent(delta)
        : undefined,
    frames:
      /^(?:RUN_STARTED|RUN_FINISHED|STEP_STARTED|STEP_FINISHED|TEXT_MESSAGE_START|TEXT_MESSAGE_END)$/,
  },
];

/** The text that each event adds; '' for one without text; undefined for one of no known protocol. */
export function knownTexts(events: readonly StreamEvent[]): readonly (string | undefined)[] {
  const used = new Set<Protocol>();
  const texts = events.map(({ type, value }) => {
    if (!isJsonObject(value) || isErrorType(type)) return undefined;
    for (const protocol of PROTOCOLS) {
      const text = protocol.eventText(type, value);
      if (text === undefined) continue;
      used.add(protocol);
      return text;
    }
    return undefined;
  });
  const isFrame = (type: string) => [...used].some(({ frames }) => frames.test(type));
  return texts.map((text, i) => text ?? (isFrame(events[i]?.type ?? '') ? '' : undefined));
}

/** Whether an event of this type reports an error. */
export function isErrorType(type: string): boolean {
  return /(?:^|[^a-z])error$/i.test(type) || /[a-z]Error$/.test(type) || type === 'response.failed';
}

/** A string itself, or the joined texts of an array of parts, without thoughts. */
function textOfContent(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  let text = '';
  for (const part of content) {
    const { text: piece, thought } = objectOrEmpty(part);
    if (typeof piece === 'string' && thought !== true) text += piece;
  }
  return text;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
