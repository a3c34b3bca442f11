import iconv from 'iconv-lite';

/**
 * Bytes that are not text in the charset they were declared in.
 */
export class UndecodableBody extends Error {
  constructor(charset: string) {
    super(`The body is not valid ${charset}.`);
    this.name = 'UndecodableBody';
  }
}

/** Labels under which servers send windows-1252; it differs from them only where they have no printable character. */
const saidAsLatin1 = new Set(['iso-8859-1', 'iso8859-1', 'iso_8859-1', 'latin1', 'latin-1', 'l1', 'us-ascii', 'ascii']);

/**
 * The text of a body: by its declared charset; without one, or with one nobody knows, strict UTF-8 and else windows-1252
 * (older pages of this product are single-byte Western, sometimes undeclared: seen in public client code).
 *
 * A body that was declared UTF-8 and is not, is refused: a guess against a declaration would put wrong letters into
 * people's names.
 */
export function decode(body: Uint8Array, mediaType: string): string {
  const declared = declaredCharset(mediaType);
  if (isUtf8(declared)) return strictUtf8(body) ?? refuse('UTF-8');
  if (declared !== '' && iconv.encodingExists(declared)) return iconv.decode(Buffer.from(body), declared);
  return strictUtf8(body) ?? iconv.decode(Buffer.from(body), 'windows-1252');
}

function declaredCharset(mediaType: string): string {
  const match = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(mediaType);
  const label = match?.[1]?.toLowerCase() ?? '';
  return saidAsLatin1.has(label) ? 'windows-1252' : label;
}

function isUtf8(label: string): boolean {
  return label === 'utf-8' || label === 'utf8';
}

function strictUtf8(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

function refuse(charset: string): never {
  throw new UndecodableBody(charset);
}
