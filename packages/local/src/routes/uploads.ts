import { Refusal } from '../http/refusal.js';
import { jsonReply, type Reply } from '../http/reply.js';
import type { Backend, Call, Route } from './call.js';

const MAX_OBJECT_NAME = 1024;

/**
 * `POST /storage/presigned-url?objectName=` returns where to upload a file. With its `fields` it looks like an upload to S3,
 * by a multipart `POST`; a `PUT` of the bytes to the same address is taken as well.
 */
export const presignUpload: Route = ({ query, host }, { uploads }) => {
  const name = query.get('objectName');
  if (!name || name.length > MAX_OBJECT_NAME) {
    throw new Refusal(
      400,
      `the query must name an objectName of at most ${MAX_OBJECT_NAME} characters`,
    );
  }
  const { token, attachmentId } = uploads.allow(Date.now());
  return jsonReply(200, {
    url: `http://${host}/v1/storage/uploads?token=${token}`,
    storageUri: `openlayer-local://attachments/${attachmentId}/${encodeURIComponent(name)}`,
    fields: { key: name },
  });
};

/** `POST` and `PUT /storage/uploads?token=` store the file. */
export const upload: Route = async (call, { uploads, attachments }): Promise<Reply> => {
  const token = call.query.get('token') ?? '';
  const isAllowed = await uploads.spend(token, Date.now(), async (attachmentId) =>
    attachments.add(attachmentId, await fileOf(call)),
  );
  if (!isAllowed) throw notAllowed();
  return { status: call.method === 'PUT' ? 200 : 204 };
};

/** The token is the only key that an upload has. @throws Refusal 403 */
export function admitUpload(query: URLSearchParams, { uploads }: Backend): void {
  if (!uploads.isAllowed(query.get('token') ?? '', Date.now())) throw notAllowed();
}

function notAllowed(): Refusal {
  return new Refusal(
    403,
    'the token of this upload is unknown, used or older than 10 minutes: ask for another presigned URL',
  );
}

/** The file of a request: its body, or the part `file` of a form. */
async function fileOf({ method, body, contentType }: Call): Promise<Buffer> {
  if (method === 'PUT') return body;
  const form = await new Response(new Uint8Array(body), {
    headers: { 'content-type': contentType },
  })
    .formData()
    .catch(() => {
      throw new Refusal(400, 'the body is not a form: send multipart/form-data with a part "file"');
    });
  const file = form.get('file');
  if (!(file instanceof Blob)) throw new Refusal(400, 'the form has no part "file"');
  return Buffer.from(await file.arrayBuffer());
}
