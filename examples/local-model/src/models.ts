/** The models that the server knows. */

/** Answers with sentences that it finds in the passages it is given. */
export const LOCAL_MODEL = 'local-extractive';

/** Answers every request with a 500, for showing what a failing provider looks like. */
export const LOCAL_BROKEN = 'local-broken';

/** The answer to `GET /v1/models`. */
export function modelList() {
  return { object: 'list', data: [LOCAL_MODEL, LOCAL_BROKEN].map(modelCard) };
}

/** The answer to `GET /v1/models/:id`, or undefined where there is no such model. */
export function modelNamed(id: string) {
  return modelList().data.find((model) => model.id === id);
}

function modelCard(id: string) {
  return { id, object: 'model', created: 1_735_689_600, owned_by: 'example-local-model' };
}
