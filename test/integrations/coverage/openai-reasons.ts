/** What of OpenAI's answers is left out, whoever records them. */

export const NAMED = 'media are named by type and size';
export const ORDER = 'answers stand in its order';
export const TIMES = 'the step has times of its own';
export const ASKED = 'repeats what was asked';
export const SECRET = 'it is a secret, and masked';
export const SUM = 'told by what the other parts leave of the whole';
export const ITEM =
  'what happened in a response is told by the id of the response, and calls by theirs';
/** This table tells switches by their names. */
export const ANY_NAME = 'it is kept; under any name, it cannot be told here';

/** Of what the model makes itself, where other items say how their calls ended. */
export const STATUS = 'the response tells why it finished, and whether before its end';

export const OF_USAGE = {
  '*_details.text_tokens': SUM,
};
export const OF_STREAMED_ITEMS = {
  '*[message].id': ITEM,
  '*[function_call].id': ITEM,
  '*[reasoning].id': ITEM,
  '*[custom_tool_call].id': ITEM,
  '*[message].status': STATUS,
  '*[function_call].status': STATUS,
  '*[reasoning].status': STATUS,
  '*tools[mcp].authorization': SECRET,
  '*[image_generation_call].result': NAMED,
};
/** Whole responses are told to a greater depth. */
export const OF_ITEMS = {
  ...OF_STREAMED_ITEMS,
  '*.domain_secrets[].domain': SECRET,
  '*.domain_secrets[].name': SECRET,
  '*.domain_secrets[].value': SECRET,
  '*.source.data': NAMED,
  '*[input_file].file_data': NAMED,
};
/** What a response repeats of its request. */
export const ECHOED = Object.fromEntries(
  [
    ...[
      'metadata',
      'parallel_tool_calls',
      'temperature',
      'top_p',
      'background',
      'max_output_tokens',
    ],
    ...['max_tool_calls', 'prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention'],
    ...['text.verbosity'],
    ...['reasoning.', 'safety_identifier', 'top_logprobs', 'truncation', 'user', 'text.format'],
    'tool_choice',
  ].map((field) => [`${field}*`, ASKED]),
);

export const OF_CHAT = {
  'choices[].index': ORDER,
  'choices[].message.audio.data': NAMED,
  created: TIMES,
  '*.categories.*': ANY_NAME,
  'usage.completion_tokens_details.text_tokens': SUM,
  'usage.prompt_tokens_details.text_tokens': SUM,
};

export const OF_RESPONSE = {
  ...OF_ITEMS,
  ...ECHOED,
  '*tools[mcp].headers.*': SECRET,
  output_text: 'made by the client',
  created_at: TIMES,
  completed_at: TIMES,
  status: 'told by why it finished',
  '*.categories.*': ANY_NAME,
};
