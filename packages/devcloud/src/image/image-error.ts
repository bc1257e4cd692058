import { statusTitle } from '../http/status-title.ts';

/** What the image API answers instead of a result. Glance says it in HTML, or in JSON to who asks for JSON only. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface RenderedError {
  readonly type: string;
  readonly body: string;
}

/** The body of an error answer for what the client accepts, as WebOb renders it for Glance. */
export function renderError(status: number, message: string, accept: string | undefined): RenderedError {
  const title = statusTitle(status);
  if (accept !== undefined && /json/.test(accept) && !/html|\*\/\*/.test(accept)) {
    const body = { message: `${message}<br /><br />\n\n\n`, code: `${status} ${title}`, title };
    return { type: 'application/json; charset=UTF-8', body: JSON.stringify(body) };
  }
  const body = [
    '<html>',
    ' <head>',
    `  <title>${status} ${title}</title>`,
    ' </head>',
    ' <body>',
    `  <h1>${status} ${title}</h1>`,
    `  ${escapeHtml(message)}<br /><br />`,
    '',
    '',
    ' </body>',
    '</html>',
  ].join('\n');
  return { type: 'text/html; charset=UTF-8', body };
}

export function badRequest(message: string): ImageError {
  return new ImageError(400, message);
}

/** The object does not fit the schema; `reason` as a JSON schema checker says it. */
export function mismatch(schema: string, reason: string): ImageError {
  return badRequest(`Provided object does not match schema '${schema}': ${reason}`);
}

export function forbidden(message: string): ImageError {
  return new ImageError(403, message);
}

/** `action` is the policy's name: `modify_image`. */
export function notAllowed(action: string): ImageError {
  return forbidden(`You are not authorized to complete ${action} action.`);
}

export function noImage(id: string): ImageError {
  return new ImageError(404, `No image found with ID ${id}`);
}

export function conflict(message: string): ImageError {
  return new ImageError(409, message);
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
