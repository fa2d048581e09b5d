import type { Billing } from '@openlayer-tracing/core/integration';
import { bytesOfBase64 } from '../../common/content/media.js';
import { type JsonObject, stringOrUndefined } from '../../common/json.js';
import { KNOWN_OF_MEDIA, MediaReader, mediaShape } from './media-reader.js';

export const openAISpeech = mediaShape(
  'Speech',
  /\/audio\/speech$/,
  ({ params }) => new SpeechReader(params),
);

const KNOWN_OF_SPEECH = new Set([...KNOWN_OF_MEDIA, 'type', 'audio', 'data']);

class SpeechReader extends MediaReader {
  readonly #params: JsonObject;
  #sound: unknown;
  #bytes = 0;

  constructor(params: JsonObject) {
    super();
    this.#params = params;
  }

  /** Audio that is not sent as events has no end marker. */
  get hasEndMarker(): boolean {
    return this.#bytes > 0;
  }

  get output(): unknown {
    if (this.#bytes === 0) return this.#sound;
    return `[audio, ${this.#bytes} bytes]`;
  }

  protected override get billing(): Billing {
    const { input } = this.#params;
    return typeof input === 'string' ? { characters: input.length } : {};
  }

  protected override readFields(body: JsonObject): void {
    super.readFields(body);
    this.unknown.add(body, KNOWN_OF_SPEECH);
    const data = stringOrUndefined(body.audio) ?? stringOrUndefined(body.data);
    if (data !== undefined) this.#bytes += bytesOfBase64(data);
    if (body.type === 'speech.audio.done') this.isComplete = true;
  }

  protected readOther(body: unknown): void {
    this.#sound = body;
  }
}
