import type { Billing } from '@openlayer-tracing/core/integration';
import { fieldsExcept, type JsonObject, stringOrUndefined } from '../../common/json.js';
import { wordArray } from '../../common/words.js';
import { CollectedText } from '../reading/collected-text.js';
import { KNOWN_OF_MEDIA, MediaReader, mediaShape } from './media-reader.js';

export const openAITranscription = mediaShape(
  'Transcription',
  /\/audio\/(transcriptions|translations)$/,
  () => new TranscriptionReader(),
);

const KNOWN_OF_TRANSCRIPT = new Set([...KNOWN_OF_MEDIA, ...wordArray('type text delta task')]);
const SEGMENT = 'transcript.text.segment';

class TranscriptionReader extends MediaReader {
  readonly acceptsText = true;
  #text = new CollectedText();
  #isStream = false;

  get hasEndMarker(): boolean {
    return this.#isStream;
  }

  get output(): unknown {
    return this.#text.textOrUndefined;
  }

  protected override get billing(): Billing {
    const { duration } = this.unknown.fields;
    // Some services send the length as a string.
    const seconds = Number(duration ?? Number.NaN);
    const { seconds: billed = seconds } = this.usage.billing;
    return billed >= 0 ? { seconds: billed } : {};
  }

  protected override readFields(body: JsonObject): void {
    super.readFields(body);
    const { type } = body;
    if (type === SEGMENT) {
      this.#isStream = true;
      this.unknown.add({ segments: [fieldsExcept(body, 'type')] });
      return;
    }
    this.unknown.add(body, KNOWN_OF_TRANSCRIPT);
    if (type === 'transcript.text.delta') {
      this.#isStream = true;
      this.#text.add(stringOrUndefined(body.delta) ?? '');
      return;
    }
    if (type === 'transcript.text.done') this.isComplete = true;
    if (typeof body.text !== 'string') return;
    // This event repeats the whole text.
    this.#text = new CollectedText();
    this.#text.add(body.text);
  }

  protected readOther(body: unknown): void {
    this.#text.add(stringOrUndefined(body)?.trimEnd() ?? '');
  }
}
