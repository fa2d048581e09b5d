/** The event protocols of model providers and chat front ends: the text that an event adds to the model's answer. */

import { objectOrEmpty } from '../json/json-fields.js';
import { isJsonObject, type JsonObject } from '../json/json-text.js';

/** One event of a stream. */
export interface StreamEvent {
  /** The type in its data, else its field `event`; '' without either. */
  readonly type: string;
  /** Whether the type comes from its field `event`. */
  readonly isNamedByField: boolean;
  /** The data as it was sent. */
  readonly data: string;
  /** The data parsed as JSON; undefined if it is not JSON. */
  readonly value: unknown;
}

interface Protocol {
  /** The text that an event adds; '' for a control event of the protocol; undefined for any other. */
  eventText(type: string, value: JsonObject): string | undefined;
  /** Types of control events, which have no text. They count only in streams that contain text of the protocol. */
  readonly controls: RegExp;
}

const NEVER = /^(?!)/;

const PROTOCOLS: readonly Protocol[] = [
  {
    // OpenAI's chat and text completions, and compatible ones.
    eventText(_type, { choices, error, usage, id }) {
      if (!Array.isArray(choices) || hasValue(error)) return undefined;
      if (choices.length === 0) return hasValue(usage) || hasValue(id) ? '' : undefined;
      const { delta, text, index = 0 } = objectOrEmpty(choices[0]);
      if (index !== 0) return undefined;
      if (typeof text === 'string' || text === null) return text ?? '';
      return isJsonObject(delta)
        ? textOfContent(delta.content) || textOfContent(delta.refusal)
        : undefined;
    },
    controls: NEVER,
  },
  {
    // OpenAI's responses.
    eventText: (type, { delta }) =>
      type === 'response.output_text.delta' || type === 'response.refusal.delta'
        ? textOfContent(delta)
        : undefined,
    controls:
      /^response\.(?:(?:created|queued|in_progress|completed|incomplete)|(?:output_item|content_part|output_text|refusal|function_call_arguments|custom_tool_call_input|mcp_call|mcp_call_arguments|mcp_list_tools|web_search_call|file_search_call|code_interpreter_call|code_interpreter_call_code|image_generation_call|reasoning|reasoning_text|reasoning_summary|reasoning_summary_part|reasoning_summary_text|audio|audio\.transcript)\.[a-z_.]+)$/,
  },
  {
    // Anthropic's messages.
    eventText: (type, { delta }) =>
      type === 'content_block_delta' && isJsonObject(delta) ? textOfContent(delta.text) : undefined,
    controls:
      /^(?:message_start|message_delta|message_stop|content_block_start|content_block_stop|ping)$/,
  },
  {
    // The AI SDK's streams for user interfaces, and its full streams.
    eventText: (type, { delta, textDelta, text }) =>
      type === 'text-delta'
        ? textOfContent(delta) || textOfContent(textDelta) || textOfContent(text)
        : undefined,
    controls:
      /^(?:start|finish|start-step|finish-step|step-start|step-finish|abort|text-start|text-end|reasoning|reasoning-start|reasoning-delta|reasoning-end|reasoning-signature|redacted-reasoning|source|source-url|source-document|file|message-metadata|response-metadata|stream-start|raw|tool-(?:call|result|input-start|input-delta|input-end|input-available|output-available|output-denied|approval-request|call-delta|call-streaming-start))$/,
  },
  {
    // The AI SDK's older data stream, whose parts are named by one character.
    eventText: (type, { part }) => (type === '0:' && typeof part === 'string' ? part : undefined),
    controls: /^[9abcdefgij]:$/,
  },
  {
    // Gemini.
    eventText(_type, { candidates, usageMetadata }) {
      if (candidates === undefined) return hasValue(usageMetadata) ? '' : undefined;
      if (!Array.isArray(candidates)) return undefined;
      const { content } = objectOrEmpty(candidates[0]);
      return isJsonObject(content) ? textOfContent(content.parts) : '';
    },
    controls: NEVER,
  },
  {
    // Cohere, both versions.
    eventText(type, { delta, text }) {
      if (type === 'text-generation') return textOfContent(text);
      if (type !== 'content-delta') return undefined;
      const { message } = objectOrEmpty(delta);
      return textOfContent(objectOrEmpty(objectOrEmpty(message).content).text);
    },
    controls:
      /^(?:message-start|message-end|content-start|content-end|tool-plan-delta|tool-call-start|tool-call-delta|tool-call-end|citation-start|citation-end|debug|stream-start|stream-end|search-queries-generation|search-results|citation-generation|tool-calls-generation|tool-calls-chunk)$/,
  },
  {
    // Ollama.
    eventText(_type, { model, done, message, response }) {
      if (typeof model !== 'string' || typeof done !== 'boolean') return undefined;
      if (typeof response === 'string' || response === null) return response ?? '';
      return isJsonObject(message) ? textOfContent(message.content) : undefined;
    },
    controls: NEVER,
  },
  {
    // AG-UI, which CopilotKit uses.
    eventText: (type, { delta }) =>
      type === 'TEXT_MESSAGE_CONTENT' || type === 'TEXT_MESSAGE_CHUNK'
        ? textOfContent(delta)
        : undefined,
    controls:
      /^(?:RUN_STARTED|RUN_FINISHED|STEP_STARTED|STEP_FINISHED|TEXT_MESSAGE_START|TEXT_MESSAGE_END)$/,
  },
];

/** What an event of a known protocol adds to the answer. */
interface KnownEvent {
  readonly protocol: Protocol;
  /** '' for a control event. */
  readonly text: string;
}

function knownEventOf(type: string, value: unknown): KnownEvent | undefined {
  if (!isJsonObject(value) || isErrorType(type)) return undefined;
  for (const protocol of PROTOCOLS) {
    const text = protocol.eventText(type, value);
    if (text !== undefined) return { protocol, text };
  }
  return undefined;
}

/** The text that an event of a known protocol adds; undefined for one of no known protocol, and for control events by their type. */
export function knownText(type: string, value: unknown): string | undefined {
  return knownEventOf(type, value)?.text;
}

/** The text that each event adds; '' for a control event; undefined for an event of no known protocol. */
export function knownTexts(events: readonly StreamEvent[]): readonly (string | undefined)[] {
  const known = events.map(({ type, value }) => knownEventOf(type, value));
  const used = new Set(known.flatMap((event) => (event === undefined ? [] : [event.protocol])));
  const isControl = (type: string) => [...used].some(({ controls }) => controls.test(type));
  return known.map(
    (event, i) => event?.text ?? (isControl(events[i]?.type ?? '') ? '' : undefined),
  );
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

function hasValue(value: unknown): boolean {
  return value !== undefined && value !== null;
}
