// Each question is a request with its own id. The trace is found by it, and feedback is sent for it.

const session = crypto.randomUUID();
const form = document.querySelector('#ask');
const question = document.querySelector('#question');
const user = document.querySelector('#user');
const stop = document.querySelector('#stop');

/** Aborts the request whose answer is streaming. @type {AbortController | undefined} */
let current;

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const text = question.value.trim() || question.placeholder;
  question.value = '';
  current?.abort();
  const own = new AbortController();
  current = own;
  stop.disabled = false;
  await ask(text, own.signal);
  if (current === own) stop.disabled = true;
});

stop.addEventListener('click', () => current?.abort());

/**
 * @param {string} text
 * @param {AbortSignal} signal
 */
async function ask(text, signal) {
  const id = crypto.randomUUID();
  const exchange = document.querySelector('#exchange').content.cloneNode(true).firstElementChild;
  const answer = exchange.querySelector('.answer');
  exchange.querySelector('.question').textContent = text;
  exchange.querySelector('code').textContent = id;
  const note = exchange.querySelector('output');
  document.querySelector('#answers').append(exchange);
  exchange.scrollIntoView({ block: 'end' });
  try {
    const response = await fetch('chat/stream', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': id },
      body: JSON.stringify({ question: text, user: user.value.trim() || undefined, session }),
      signal,
    });
    if (!response.ok) throw new Error((await response.json()).error);
    for await (const piece of piecesOf(response)) answer.append(piece);
  } catch (error) {
    note.textContent = signal.aborted ? 'stopped' : error.message;
  }
  showFeedback(exchange, id);
}

/** The pieces of an answer that streams as server-sent events. */
async function* piecesOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (rest + value).split('\n\n');
    rest = events.pop();
    for (const event of events) {
      const data = event.replace(/^data: /, '');
      if (data !== '[DONE]') yield JSON.parse(data).choices[0]?.delta?.content ?? '';
    }
  }
}

/** Shows the feedback buttons of an answer. */
function showFeedback(exchange, inferenceId) {
  const feedback = exchange.querySelector('.feedback');
  feedback.hidden = false;
  feedback.addEventListener('click', async ({ target }) => {
    const { helpful } = target.dataset;
    if (helpful === undefined) return;
    const response = await fetch('feedback', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inferenceId, helpful: helpful === 'true' }),
    });
    exchange.querySelector('output').textContent = response.ok
      ? 'thank you'
      : 'not sent: try again';
  });
}
