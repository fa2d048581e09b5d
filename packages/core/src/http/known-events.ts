/** The event protocols of model providers and chat front ends: which text an event adds to the answer. */

export interface StreamEvent {
  /** What it calls itself, or the name that its frame has; '' where it has none. */
  readonly type: string;
  /** Whether only its frame names it, and not its data. */
  readonly isNamedByFrame: boolean;
  /** As it was sent. */
  readonly data: string;
  /** The data as JSON; undefined where it is none. */
  readonly value: unknown;
}

type Members = Readonly<Record<string, unknown>>;

interface Protocol {
  /** The text that an event adds, '' for one of the same kind without text; undefined for any other. */
  textOf(type: string, value: Members): string | undefined;
  /** Types of events that frame the answer. They count in a stream only that has one of the protocol's texts. */
  readonly frames: RegExp;
}

const NONE = /^(?!)/;

const PROTOCOLS: readonly Protocol[] = [
  {
    // OpenAI's chat and text completions, and all that speak like them.
    textOf(_type, { choices, error, usage, id }) {
      if (!Array.isArray(choices) || isSet(error)) return undefined;
      if (choices.length === 0) return isSet(usage) || isSet(id) ? '' : undefined;
      const { delta, text, index = 0 } = members(choices[0]);
      if (index !== 0) return undefined;
      if (typeof text === 'string') return text;
      return isMembers(delta) ? textIn(delta.content) || textIn(delta.refusal) : undefined;
    },
    frames: NONE,
  },
  {
    // OpenAI's responses.
    textOf: (type, { delta }) =>
      type === 'response.output_text.delta' || type === 'response.refusal.delta'
        ? textIn(delta)
        : undefined,
    frames:
      /^response\.(?:(?:created|queued|in_progress|completed|incomplete)|(?:output_item|content_part|output_text|refusal|function_call_arguments|custom_tool_call_input|mcp_call|mcp_call_arguments|mcp_list_tools|web_search_call|file_search_call|code_interpreter_call|code_interpreter_call_code|image_generation_call|reasoning|reasoning_text|reasoning_summary|reasoning_summary_part|reasoning_summary_text|audio|audio\.transcript)\.[a-z_.]+)$/,
  },
  {
    // Anthropic's messages.
    textOf: (type, { delta }) =>
      type === 'content_block_delta' && isMembers(delta) ? textIn(delta.text) : undefined,
    frames:
      /^(?:message_start|message_delta|message_stop|content_block_start|content_block_stop|ping)$/,
  },
  {
    // The AI SDK's streams for user interfaces, and its full streams.
    textOf: (type, { delta, textDelta, text }) =>
      type === 'text-delta' ? textIn(delta) || textIn(textDelta) || textIn(text) : undefined,
    frames:
      /^(?:start|finish|start-step|finish-step|step-start|step-finish|abort|text-start|text-end|reasoning|reasoning-start|reasoning-delta|reasoning-end|reasoning-signature|redacted-reasoning|source|source-url|source-document|file|message-metadata|response-metadata|stream-start|raw|tool-(?:call|result|input-start|input-delta|input-end|input-available|output-available|output-denied|approval-request|call-delta|call-streaming-start))$/,
  },
  {
    // Its older data stream, whose parts are named by one character.
    textOf: (type, { part }) => (type === '0:' && typeof part === 'string' ? part : undefined),
    frames: /^[9abcdefgij]:$/,
  },
  {
    // Gemini.
    textOf(_type, { candidates, usageMetadata }) {
      if (candidates === undefined) return isSet(usageMetadata) ? '' : undefined;
      if (!Array.isArray(candidates)) return undefined;
      const { content } = members(candidates[0]);
      return isMembers(content) ? textIn(content.parts) : '';
    },
    frames: NONE,
  },
  {
    // Cohere, both versions.
    textOf(type, { delta, text }) {
      if (type === 'text-generation') return textIn(text);
      if (type !== 'content-delta') return undefined;
      const { message } = members(delta);
      return textIn(members(members(message).content).text);
    },
    frames:
      /^(?:message-start|message-end|content-start|content-end|tool-plan-delta|tool-call-start|tool-call-delta|tool-call-end|citation-start|citation-end|debug|stream-start|stream-end|search-queries-generation|search-results|citation-generation|tool-calls-generation|tool-calls-chunk)$/,
  },
  {
    // Ollama.
    textOf(_type, { model, done, message, response }) {
      if (typeof model !== 'string' || typeof done !== 'boolean') return undefined;
      if (typeof response === 'string') return response;
      return isMembers(message) ? textIn(message.content) : undefined;
    },
    frames: NONE,
  },
  {
    // AG-UI, which CopilotKit speaks.
    textOf: (type, { delta }) =>
      type === 'TEXT_MESSAGE_CONTENT' || type === 'TEXT_MESSAGE_CHUNK' ? textIn(delta) : undefined,
    frames:
      /^(?:RUN_STARTED|RUN_FINISHED|STEP_STARTED|STEP_FINISHED|TEXT_MESSAGE_START|TEXT_MESSAGE_END)$/,
  },
];

/** The text that each event adds, '' where it frames the answer; undefined where it is of no protocol that is known. */
export function knownTexts(events: readonly StreamEvent[]): readonly (string | undefined)[] {
  const spoken = new Set<Protocol>();
  const texts = events.map(({ type, value }) => {
    if (!isMembers(value) || isErrorType(type)) return undefined;
    for (const protocol of PROTOCOLS) {
      const text = protocol.textOf(type, value);
      if (text === undefined) continue;
      spoken.add(protocol);
      return text;
    }
    return undefined;
  });
  const isFrame = (type: string) => [...spoken].some(({ frames }) => frames.test(type));
  return texts.map((text, i) => text ?? (isFrame(events[i]?.type ?? '') ? '' : undefined));
}

/** Events that say what went wrong. */
export function isErrorType(type: string): boolean {
  return /(?:^|[^a-z])error$/i.test(type) || /[a-z]Error$/.test(type) || type === 'response.failed';
}

/** A text, or the texts among its parts. */
function textIn(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  let text = '';
  for (const part of content) {
    const { text: piece, thought } = members(part);
    if (typeof piece === 'string' && thought !== true) text += piece;
  }
  return text;
}

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function members(value: unknown): Members {
  return isMembers(value) ? value : {};
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
