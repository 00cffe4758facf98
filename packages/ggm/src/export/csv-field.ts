/** One field of a CSV file as RFC 4180 has it. */

/** Quotes a text where it must be; numbers pass through as the shortest decimal that reads back to the same bits. */
export function csvField(value: string | number): string {
  if (typeof value === 'number') return String(value);
  // A leading or trailing blank is kept by most readers only within quotes.
  return /[",\r\n]|^\s|\s$|^$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** A line, ended. */
export function csvLine(values: readonly (string | number)[]): string {
  return `${values.map(csvField).join(',')}\n`;
}
