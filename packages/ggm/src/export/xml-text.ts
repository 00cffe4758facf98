/** Text for XML 1.0. */

/** Characters that XML 1.0 cannot hold, not even escaped (§2.2): most control characters, lone surrogates, U+FFFE/F. */
const NOT_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/**
 * Escapes a text for use between tags.
 *
 * @param what what the text is; begins the message.
 * @throws RangeError on a character that XML cannot hold.
 */
export function xmlText(what: string, text: string): string {
  const [bad] = NOT_XML.exec(text) ?? [];
  if (bad !== undefined) {
    const code = (bad.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    throw new RangeError(
      `${what} must hold characters that XML allows; got U+${code} in ${JSON.stringify(text)}`,
    );
  }
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      // A bare carriage return would be read as a line feed (§2.11).
      .replaceAll('\r', '&#13;')
  );
}
