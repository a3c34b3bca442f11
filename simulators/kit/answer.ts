/** What a route answers, before any fault has touched it. Kept as a value so that faults can change or withhold it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

/** JSON stays a value until the last moment, because some faults rewrite it (a single object for a list). */
export type Body =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'bytes'; readonly bytes: Buffer; readonly contentType: string };

export function json(value: unknown, status = 200): Answer {
  return { status, headers: {}, body: { kind: 'json', value } };
}

export function bytes(status: number, content: Buffer, contentType: string): Answer {
  return { status, headers: {}, body: { kind: 'bytes', bytes: content, contentType } };
}

export function text(status: number, content: string): Answer {
  return bytes(status, Buffer.from(content, 'utf8'), 'text/plain; charset=utf-8');
}

export function html(status: number, content: string): Answer {
  return bytes(status, Buffer.from(content, 'utf8'), 'text/html; charset=utf-8');
}

export function withHeader(answer: Answer, name: string, value: string): Answer {
  return { ...answer, headers: { ...answer.headers, [name]: value } };
}

/** The same answer with another JSON content. */
export function withValue(answer: Answer, value: unknown): Answer {
  return { ...answer, body: { kind: 'json', value } };
}

/** The bytes and headers as they go on the wire. */
export function encode(answer: Answer): { headers: Record<string, string>; content: Buffer } {
  const content =
    answer.body.kind === 'json' ? Buffer.from(JSON.stringify(answer.body.value), 'utf8') : answer.body.bytes;
  const contentType = answer.body.kind === 'json' ? 'application/json; charset=utf-8' : answer.body.contentType;
  return {
    headers: { ...answer.headers, 'content-type': contentType, 'content-length': String(content.length) },
    content,
  };
}
