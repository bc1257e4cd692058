/** Moves of the cursor, colours and titles: ECMA-48 control sequences, and the operating system commands of xterm. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[()][A-Za-z0-9]|[=>78])/g;

/** What a terminal was sent, as lines of text. */
export function consoleText(written: string): string {
  return written.replaceAll(CONTROL, '').replaceAll('\r\n', '\n').replaceAll('\r', '');
}
