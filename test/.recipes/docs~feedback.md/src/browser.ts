






















































// src/browser.ts
export async function ask(server: string, question: string) {
  const response = await fetch(`${server}/ask`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ question }),
  });
  const { answer } = (await response.json()) as { answer: string };
  return { answer, inferenceId: response.headers.get('x-request-id') };
}

export async function rate(server: string, inferenceId: string, isHelpful: boolean) {
  const response = await fetch(`${server}/feedback`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inferenceId, isHelpful }),
  });
  if (response.ok) return;
  const { error } = (await response.json()) as { error: { message: string } };
  throw new Error(error.message);
}
