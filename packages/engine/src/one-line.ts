/** A message of somebody else's, as one line of bearable length. */
export function oneLine(value: unknown, longest = 240): string {
  const message = value instanceof Error ? value.message : String(value);
  const line = message.replace(/\s+/g, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
