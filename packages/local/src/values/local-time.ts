/** Epoch milliseconds as local date and time; empty if they are none. */
export function localTime(time: number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '';
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()];
  const padded = (numbers: number[]) => numbers.map((number) => String(number).padStart(2, '0'));
  return `${padded(parts).join('-')} ${padded(clock).join(':')}`;
}
