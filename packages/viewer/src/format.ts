/** Numbers, times and sizes as the page shows them. An unknown value is a dash. */

export const UNKNOWN = '–';
const THIN_SPACE = '\u2009';

/** Milliseconds: whole below a second, then seconds with two decimals, then minutes. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return UNKNOWN;
  const size = Math.abs(ms);
  if (size > 0 && size < 0.995) return `${ms.toFixed(2)} ms`;
  if (size < 999.5) return `${Math.round(ms)} ms`;
  if (size < 59_995) return `${(ms / 1000).toFixed(2)} s`;
  const whole = Math.round(size / 1000);
  const sign = ms < 0 ? '-' : '';
  const minutes = Math.floor(whole / 60);
  const [large, small] =
    whole < 3600
      ? [`${minutes} min`, `${whole % 60} s`]
      : [`${Math.floor(minutes / 60)} h`, `${minutes % 60} min`];
  return small.startsWith('0 ') ? sign + large : `${sign}${large} ${small}`;
}

/** A count with thin spaces between thousands. */
export function formatCount(count: number | null | undefined): string {
  if (count === null || count === undefined) return UNKNOWN;
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
}

/** US dollars to four significant digits. */
export function formatCost(cost: number | null | undefined): string {
  if (cost === null || cost === undefined) return UNKNOWN;
  if (cost === 0) return '$0';
  const size = Math.abs(cost);
  if (size >= 0.99995) return `$${cost.toFixed(2)}`;
  // Without the zeros at its end, and with an exponent if it is very small.
  if (size < 1e-10) return `$${Number(cost.toPrecision(4))}`;
  const decimals = Math.min(10, 3 - Math.floor(Math.log10(size)));
  return `$${cost.toFixed(decimals).replace(/0+$/, '')}`;
}

/** Bytes in the unit that suits them. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_500) return `${(bytes / 1000).toPrecision(3)} KB`;
  if (bytes < 999_500_000) return `${(bytes / 1e6).toPrecision(3)} MB`;
  return `${(bytes / 1e9).toPrecision(3)} GB`;
}

export type Zone = 'utc' | 'local';

/** How times are shown. */
export interface Clock {
  readonly zone: Zone;
  readonly style: 'absolute' | 'relative';
}

/**
 * A time in the list. In the style `relative`, times of the last hour are relative. Other times of today are a clock, and
 * older ones have the day as well. A time more than some seconds ahead of `now` comes from another machine: it is a clock.
 */
export function formatTime(time: number, now: number, { zone, style }: Clock): string {
  const age = now - time;
  if (style === 'relative' && age > -5000 && age < 3_600_000) {
    if (age < 1000) return 'now';
    return age < 60_000 ? `${Math.floor(age / 1000)} s ago` : `${Math.floor(age / 60_000)} min ago`;
  }
  const at = parts(time, zone);
  const today = parts(now, zone);
  if (at === undefined || today === undefined) return UNKNOWN;
  const clock = `${at.hour}:${at.minute}:${at.second}`;
  if (at.day === today.day) return `${clock}${style === 'absolute' ? `.${at.ms}` : ''}`;
  return at.day.slice(0, 4) === today.day.slice(0, 4)
    ? `${at.day.slice(5)} ${clock}`
    : `${at.day} ${clock}`;
}

/** The whole time, with its zone: for tooltips and copies. */
export function formatExactTime(time: number, zone: Zone): string {
  const at = parts(time, zone);
  if (at === undefined) return UNKNOWN;
  return `${at.day} ${at.hour}:${at.minute}:${at.second}.${at.ms} ${zone === 'utc' ? 'UTC' : offset(time)}`;
}

function parts(time: number, zone: Zone) {
  const shift = zone === 'utc' ? 0 : new Date(time).getTimezoneOffset() * 60_000;
  const date = new Date(time - shift);
  if (Number.isNaN(date.getTime())) return undefined;
  const iso = date.toISOString();
  const start = iso.indexOf('T');
  return {
    day: iso.slice(0, start),
    hour: iso.slice(start + 1, start + 3),
    minute: iso.slice(start + 4, start + 6),
    second: iso.slice(start + 7, start + 9),
    ms: iso.slice(start + 10, start + 13),
  };
}

function offset(time: number): string {
  const minutes = -new Date(time).getTimezoneOffset();
  const size = Math.abs(minutes);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** The beginning of a text, at most `length` long, that ends between characters. */
export function beginOf(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, cutBefore(text, length));
}

/** The last place up to `end` where a text can be cut: within no character, and not between the two of a line end of Windows. */
export function cutBefore(text: string, end: number): number {
  return isBetween(text, end) ? end - 1 : end;
}

function isBetween(text: string, at: number): boolean {
  const [last, first] = [text.charCodeAt(at - 1), text.charCodeAt(at)];
  const isLowSurrogate = first >= 0xdc00 && first < 0xe000;
  return (last >= 0xd800 && last < 0xdc00 && isLowSurrogate) || (last === 13 && first === 10);
}

/** The end of a text, at most `length` long, that begins between characters. */
export function endOf(text: string, length: number): string {
  if (text.length <= length) return text;
  const from = text.length - length;
  return text.slice(isBetween(text, from) ? from + 1 : from);
}

/** A name or id cut in its middle, between characters. */
export function cutMiddle(text: string, length: number): string {
  if (text.length <= length) return text;
  const half = Math.floor((length - 1) / 2);
  return `${beginOf(text, half)}…${endOf(text, half)}`;
}

/** `1 step`, `2 steps`. */
export function plural(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`;
}
