export function greeting(port: number, model: string): string {
  return `Ask the lighthouse of Halden Point at http://localhost:${port} (model ${model}):

  curl -N http://localhost:${port}/chat -H 'content-type: application/json' -H 'x-request-id: my-first-question' \\
    -d '{ "question": "How many steps is the climb?", "user": "ada" }'
`;
}
