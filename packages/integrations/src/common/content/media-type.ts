/** Media types by the first bytes of files, for media whose type nobody states. */

/** First bytes of files in base64, of both alphabets. */
const SIGNATURES: readonly (readonly [begins: RegExp, type: string])[] = [
  [/^iVBORw0KGgo/, 'image/png'],
  [/^[/_]9j[/_][\w+/-]{8}/, 'image/jpeg'],
  [/^R0lGODdh|^R0lGODlh/, 'image/gif'],
  [/^UklGR[\w+/-]{7}RUJQ/, 'image/webp'],
  [/^UklGR[\w+/-]{7}QVZF/, 'audio/wav'],
  [/^T2dnUw/, 'audio/ogg'],
  [/^ZkxhQw/, 'audio/flac'],
  [/^SUQz(AwA|BAA)/, 'audio/mpeg'],
  [/^[\w+/-]{5}[GWm2]Z0eX[A-D]/, 'video/mp4'],
  [/^JVBERi0x/, 'application/pdf'],
];
/** No signature is longer. */
const HEAD_BYTES = 12;

/** The media type of base64; undefined if its first bytes are those of no known kind of file. */
export function mediaTypeOfBase64(data: string): string | undefined {
  return SIGNATURES.find(([begins]) => begins.test(data))?.[1];
}

/** The media type of the bytes of a file; undefined if they are those of no known kind. */
export function mediaTypeOfBytes(bytes: Uint8Array): string | undefined {
  return mediaTypeOfBase64(btoa(String.fromCharCode(...bytes.subarray(0, HEAD_BYTES))));
}
