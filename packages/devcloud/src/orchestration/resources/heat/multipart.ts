/** One part of a message for cloud-init. */
export interface MimePart {
  readonly content: string;
  readonly filename: string;
  readonly subtype: string;
  /** The content is a multipart message itself, whose parts are taken one by one. */
  readonly isMultipart: boolean;
}

/** What cloud-init takes a text for that begins so. */
const SUBTYPES: readonly (readonly [start: string, subtype: string])[] = [
  ['#cloud-config-archive', 'cloud-config-archive'],
  ['#cloud-config', 'cloud-config'],
  ['#cloud-boothook', 'cloud-boothook'],
  ['#upstart-job', 'upstart-job'],
  ['#part-handler', 'part-handler'],
  ['#include', 'x-include-url'],
  ['#!', 'x-shellscript'],
];

/**
 * A multipart message in the form cloud-init reads (RFC 2046).
 *
 * @param seed makes the boundary: the same message for the same resource
 */
export function buildMultipart(parts: readonly MimePart[], seed: string): string {
  const boundary = `===============${seed.replaceAll('-', '')}==`;
  const texts = parts.flatMap((part) =>
    part.isMultipart ? innerParts(part.content) : [textPart(part.content, part.subtype, part.filename)],
  );
  return [
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    'MIME-Version: 1.0',
    '',
    ...texts.flatMap((text) => [`--${boundary}`, text]),
    `--${boundary}--`,
    '',
  ].join('\n');
}

function textPart(content: string, subtype: string, filename: string): string {
  const ascii = /^[\x20-\x7e\s]*$/.test(content);
  const kind = subtype || SUBTYPES.find(([start]) => content.startsWith(start))?.[1] || 'plain';
  return [
    `Content-Type: text/${kind}; charset="${ascii ? 'us-ascii' : 'utf-8'}"`,
    'MIME-Version: 1.0',
    `Content-Transfer-Encoding: ${ascii ? '7bit' : 'base64'}`,
    ...(filename === ''
      ? []
      : [`Content-Disposition: attachment; filename="${filename.replaceAll('"', '')}"`]),
    '',
    ascii ? content : wrapped(Buffer.from(content).toString('base64')),
  ].join('\n');
}

function wrapped(base64: string): string {
  return base64.replaceAll(/.{76}/g, '$&\n');
}

/** The parts of a message as they stand in it. */
function innerParts(message: string): string[] {
  const boundary = /^Content-Type:\s*multipart\/[^;]+;[^]*?boundary="?([^"\n;]+)"?/im.exec(message)?.[1];
  if (boundary === undefined) return [textPart(message, '', '')];
  return message
    .split(`--${boundary}`)
    .slice(1)
    .filter((part) => !part.startsWith('--'))
    .map((part) => part.replace(/^\r?\n/, '').replace(/\r?\n$/, ''));
}
