/** The models of the server. */

/** Answers with sentences of the passages in its prompt. */
export const LOCAL_MODEL = 'local-extractive';

/** Responds to every request with 500, as a failing provider does. */
export const LOCAL_BROKEN = 'local-broken';

/** The body of `GET /v1/models`. */
export function modelList() {
  return { object: 'list', data: [LOCAL_MODEL, LOCAL_BROKEN].map(modelCard) };
}

/** The body of `GET /v1/models/:id`; undefined if there is no such model. */
export function modelNamed(id: string) {
  return modelList().data.find((model) => model.id === id);
}

function modelCard(id: string) {
  return { id, object: 'model', created: 1_735_689_600, owned_by: 'example-local-model' };
}
