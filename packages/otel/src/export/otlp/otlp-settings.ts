/** Where to and how spans are sent by OTLP. */

export type OtlpProtocol = 'http/protobuf' | 'http/json';
export type OtlpCompression = 'gzip' | 'none';

export interface OtlpSettings {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: OtlpProtocol;
  readonly compression: OtlpCompression;
  /** Limit of one request. */
  readonly timeoutMs: number;
}
