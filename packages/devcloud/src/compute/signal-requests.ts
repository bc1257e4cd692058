import { Buffer } from 'node:buffer';
import { gunzipSync } from 'node:zlib';

/** A signal that a server's user data would send once it has run. */
export interface SignalRequest {
  readonly url: string;
  /** For handles that want a token of Keystone's. */
  readonly token: string | undefined;
}

/** Deeper than this nobody nests multipart messages. */
const DEPTH = 5;

/**
 * Finds the addresses in user data at which a script tells Heat that it is done: wait condition handles and
 * resource signals, in plain scripts, cloud-config, multipart MIME, and base64 or gzip around any of them.
 *
 * @param bases the addresses of this cloud; signals to any other are not ours to send
 */
export function signalRequests(userData: Uint8Array, bases: readonly string[]): SignalRequest[] {
  const found = new Map<string, SignalRequest>();
  for (const text of textsIn(Buffer.from(userData), DEPTH)) {
    const token = /X-Auth-Token:\s*([^\s'"\\]+)/i.exec(text)?.[1];
    for (const [raw] of text.matchAll(/https?:\/\/[^\s'"<>\\|`]+/g)) {
      const url = raw.replace(/[),;]+$/, '');
      const ours = bases.some((base) => url.startsWith(`${base}/`));
      if (ours && /\/signal(\/|\?|$)|\/waitcondition\//.test(url) && !found.has(url)) {
        found.set(url, { url, token: url.includes('Signature=') ? undefined : token });
      }
    }
  }
  return [...found.values()];
}

/** All texts within: the whole, and what is packed up in it. */
function textsIn(data: Buffer, depth: number): string[] {
  if (depth === 0) return [];
  if (data[0] === 0x1f && data[1] === 0x8b) return textsIn(unzipped(data), depth - 1);
  const text = data.toString('utf8');
  const inner = partsOf(text).flatMap((part) => textsIn(part, depth - 1));
  // cloud-config's write_files: `encoding: b64`, `content: …`.
  const files = [
    ...text.matchAll(/content:\s*(?:!!binary\s*)?(?:\|[-+]?\s*)?["']?([A-Za-z0-9+/=\s]{24,})["']?/g),
  ];
  const written = files.flatMap(([, packed = '']) => {
    const dense = packed.replaceAll(/\s/g, '');
    return dense.length % 4 === 0 ? textsIn(Buffer.from(dense, 'base64'), depth - 1) : [];
  });
  return [text, ...inner, ...written];
}

function unzipped(data: Buffer): Buffer {
  try {
    return gunzipSync(data, { maxOutputLength: 16 * 1024 * 1024 });
  } catch {
    return Buffer.alloc(0);
  }
}

/** Bodies of the parts of a multipart message, as their transfer encoding has them. */
function partsOf(text: string): Buffer[] {
  const boundary = /^content-type:\s*multipart\/[^\n]*?(?:\n[ \t][^\n]*?)*boundary="?([^"\s;]+)"?/im.exec(
    text,
  )?.[1];
  if (boundary === undefined) return [];
  return text
    .split(`--${boundary}`)
    .slice(1)
    .filter((part) => !part.startsWith('--'))
    .map((part) => {
      const [head = '', ...rest] = part.replace(/^\r?\n/, '').split(/\r?\n\r?\n/);
      const body = rest.join('\n\n');
      return /content-transfer-encoding:\s*base64/i.test(head)
        ? Buffer.from(body.replaceAll(/\s/g, ''), 'base64')
        : // A part that is a multipart message itself needs its own head.
          Buffer.from(/content-type:\s*multipart/i.test(head) ? `${head}\n\n${body}` : body);
    });
}
