/** Mistral's OCR, speech and transcription. */

import { bytesOfBase64, withoutMedia } from '../../common/content/media.js';
import {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  knownFirst,
  nonEmptyObjectOrUndefined,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { wordSet } from '../../common/words.js';
import { CollectedText } from '../reading/collected-text.js';
import { PlainReader, type PlainResponse } from '../reading/plain-reader.js';
import type { ModelResponse, ResponseReader, Shape } from '../reading/shape.js';
import { UnknownFields } from '../reading/unknown-fields.js';
import { mistralBilling, mistralTokens, unknownMistralUsage } from './usage.js';

/** OCR of documents and images, which is billed by the page. */
export const mistralOcr: Shape<'chat_completion'> = {
  operation: 'OCR',
  type: 'chat_completion',
  matches: ({ url }) => url.pathname.endsWith('/ocr'),
  describe: ({ params }) => ({
    inputs: definedFields({
      document: params.document,
      document_annotation_prompt: params.document_annotation_prompt,
    }),
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'document', 'document_annotation_prompt'),
  }),
  reader: ({ params }) => new PlainReader((body) => readOcr(body, pageUnit(params))),
};

/** The billed unit. Pages for which annotations are requested cost more. */
function pageUnit(params: JsonObject): 'annotated_pages' | 'pages' {
  const format = params.document_annotation_format ?? params.bbox_annotation_format ?? null;
  return format === null ? 'pages' : 'annotated_pages';
}

function readOcr(body: unknown, unit: string): PlainResponse {
  const { model, pages, usage_info: usage, ...unknown } = objectOrEmpty(body);
  const { pages_processed: processed, ...unknownUsage } = objectOrEmpty(usage);
  const billed = countOrUndefined(processed);
  return {
    model: stringOrUndefined(model),
    output:
      arrayOrEmpty(pages).length > 0
        ? arrayOrEmpty(pages).map((page) => withoutMedia(page))
        : undefined,
    ...(billed !== undefined && {
      billing: { units: { [unit]: billed } },
    }),
    metadata: { otherUsage: nonEmptyObjectOrUndefined(unknownUsage) },
    details: fieldsExcept(unknown, 'error'),
  };
}

export const mistralSpeech: Shape<'chat_completion'> = {
  operation: 'Speech',
  type: 'chat_completion',
  matches: ({ url }) => url.pathname.endsWith('/audio/speech'),
  describe: ({ params }) => ({
    inputs: definedFields({ input: params.input, ref_audio: audioWithoutData(params.ref_audio) }),
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'input', 'ref_audio'),
  }),
  reader: ({ params }) => new AudioReader(stringOrUndefined(params.input)),
};

function audioWithoutData(data: unknown): unknown {
  return typeof data === 'string' ? withoutMedia({ data, mimeType: 'audio' }) : data;
}

export const mistralTranscription: Shape<'chat_completion'> = {
  operation: 'Transcription',
  type: 'chat_completion',
  matches: ({ url }) => url.pathname.endsWith('/audio/transcriptions'),
  describe: ({ params }) => ({
    inputs: definedFields({
      file: params.file,
      file_url: params.file_url,
      file_id: params.file_id,
    }),
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'file', 'file_url', 'file_id'),
  }),
  reader: () => new AudioReader(undefined),
};

const KNOWN = wordSet('type text model usage audio_data segments error message');
const MAX_SEGMENTS = 1024;

/** Reads a transcript, or the size of generated speech. */
class AudioReader implements ResponseReader {
  isComplete = false;
  readonly acceptsText = true;
  readonly hasEndMarker = true;
  failure: unknown = undefined;
  readonly #spoken: string | undefined;
  readonly #text = new CollectedText();
  readonly #unknown = new UnknownFields();
  #segments: unknown[] = [];
  #audioBytes = 0;
  #model: string | undefined;
  #usage: JsonObject | undefined;

  /** @param spoken the text of the speech, which is billed by its length */
  constructor(spoken: string | undefined) {
    this.#spoken = spoken;
  }

  get amount(): number {
    return this.#text.chars + this.#audioBytes;
  }

  readWhole(body: unknown): void {
    if (isJsonObject(body)) {
      this.#readFields(body);
      this.#readWholeText(body.text);
    } else if (typeof body === 'string') this.#text.add(body.trimEnd());
    this.isComplete = true;
  }

  readEvent(event: JsonObject): boolean {
    if (event.type === 'transcription.segment') {
      this.#addSegment(fieldsExcept(event, 'type'));
      return false;
    }
    const before = this.amount;
    if (event.type === 'error') this.failure = event;
    this.#readFields(event);
    if (/\.done$/.test(stringOrUndefined(event.type) ?? '')) {
      this.#readWholeText(event.text);
      this.isComplete = true;
    } else this.#text.add(stringOrUndefined(event.text) ?? '');
    return this.amount > before;
  }

  endOfEvents(): void {
    this.isComplete = true;
  }

  response(): ModelResponse {
    const transcript = this.#text.textOrUndefined;
    const audio = this.#audioBytes > 0 ? `[audio, ${this.#audioBytes} bytes]` : undefined;
    const billing = mistralBilling(this.#usage);
    return {
      model: this.#model,
      output: transcript ?? audio,
      tokens: mistralTokens(this.#usage),
      billing:
        this.#spoken === undefined ? billing : { ...billing, characters: this.#spoken.length },
      metadata: { otherUsage: unknownMistralUsage(this.#usage) },
      details: knownFirst(
        {
          ...(this.#segments.length > 0 && { segments: this.#segments }),
        },
        this.#unknown.fields,
      ),
    };
  }

  /** Takes the text of a body or of the last event of a stream, which repeats what the events before have sent. */
  #readWholeText(transcript: unknown): void {
    if (this.#text.chars === 0) this.#text.add(stringOrUndefined(transcript) ?? '');
  }

  #readFields(body: JsonObject): void {
    const { audio_data: audio, model, usage, segments, error } = body;
    if (error !== undefined && error !== null) this.failure = error;
    if (typeof audio === 'string') this.#audioBytes += bytesOfBase64(audio);
    this.#model = stringOrUndefined(model) ?? this.#model;
    if (isJsonObject(usage)) this.#usage = usage;
    if (arrayOrEmpty(segments).length > 0)
      this.#segments = arrayOrEmpty(segments).slice(0, MAX_SEGMENTS);
    this.#unknown.add(body, KNOWN);
  }

  #addSegment(segment: JsonObject): void {
    if (this.#segments.length < MAX_SEGMENTS) this.#segments.push(segment);
  }
}
