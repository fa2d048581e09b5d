/**
 * Stands in for the program of Anthropic's agent SDK: speaks its protocol on stdin and stdout, and answers each prompt with one
 * call of a tool and a text.
 */

import { createInterface } from 'node:readline';

const ids = { session_id: 's1', parent_tool_use_id: null };
const usage = { input_tokens: 12, output_tokens: 3 };
const total = { inputTokens: 24, outputTokens: 6, costUSD: 0.03 };
const tool = { tool_name: 'Bash', tool_use_id: 't1', tool_input: { command: 'ls' } };

let hooks = {};
const waiting = new Map();

function send(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Calls the hooks of the app, as the real program does before and after a tool. */
async function callHooks(event, input) {
  const callbackIds = (hooks?.[event] ?? []).flatMap(({ hookCallbackIds }) => hookCallbackIds);
  for (const callback_id of callbackIds) {
    const request_id = `hook_${event}_${callback_id}`;
    const responded = new Promise((resolve) => waiting.set(request_id, resolve));
    const request = { subtype: 'hook_callback', callback_id, tool_use_id: input.tool_use_id };
    const fields = { hook_event_name: event, session_id: 's1', cwd: '/app', ...input };
    send({ type: 'control_request', request_id, request: { ...request, input: fields } });
    await responded;
  }
}

function say(id, content, stop_reason) {
  const about = { id, type: 'message', role: 'assistant', model: 'claude-sonnet-4-6' };
  const message = { ...about, content, stop_reason, usage };
  send({ type: 'assistant', ...ids, uuid: id, message });
}

function end(result) {
  send({
    type: 'result',
    ...ids,
    uuid: 'u3',
    num_turns: 2,
    duration_ms: 5,
    duration_api_ms: 4,
    total_cost_usd: 0.03,
    usage: { input_tokens: 24, output_tokens: 6 },
    modelUsage: { 'claude-sonnet-4-6': total },
    permission_denials: [],
    ...result,
  });
}

async function run(prompt) {
  const model = 'claude-sonnet-4-6';
  send({ type: 'system', subtype: 'init', model, tools: ['Bash'], cwd: '/app', ...ids });
  const input = tool.tool_input;
  say('m1', [{ type: 'tool_use', id: 't1', name: 'Bash', input }], 'tool_use');
  await callHooks('PreToolUse', tool);
  await callHooks('PostToolUse', { ...tool, tool_response: { stdout: 'a.txt' } });
  const told = { type: 'tool_result', tool_use_id: 't1', content: 'a.txt', is_error: false };
  send({ type: 'user', ...ids, uuid: 'u2', message: { role: 'user', content: [told] } });
  if (prompt === 'fail') {
    end({ subtype: 'error_during_execution', is_error: true, errors: ['it broke'] });
    return;
  }
  say('m2', [{ type: 'text', text: `one file, ${prompt}` }], 'end_turn');
  end({ subtype: 'success', is_error: false, result: `one file, ${prompt}` });
}

function textOf({ content }) {
  return typeof content === 'string' ? content : content[0].text;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { type, request_id, request, response, message } = JSON.parse(line);
  if (type === 'control_request') {
    if (request.subtype === 'initialize') hooks = request.hooks;
    const body = { commands: [], models: [], account: {} };
    send({
      type: 'control_response',
      response: { subtype: 'success', request_id, response: body },
    });
  }
  if (type === 'control_response') waiting.get(response.request_id)?.();
  if (type === 'user') void run(textOf(message));
}
