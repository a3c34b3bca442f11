/*
 * A mail as blocks, written once and shown twice: as text and as HTML.
 */

/** How a thing stands: done, waiting for somebody, or gone wrong. */
export type Tone = 'good' | 'waits' | 'bad' | 'plain';

export type Block =
  | { readonly type: 'status'; readonly tone: Tone; readonly text: string; readonly below: string }
  | { readonly type: 'heading'; readonly text: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'small'; readonly text: string }
  /** Numbers stand to the right. */
  | {
      readonly type: 'table';
      readonly heads: readonly string[];
      readonly rows: readonly (readonly (string | number)[])[];
    }
  /** Something to type, with what it is for. */
  | { readonly type: 'command'; readonly label: string; readonly command: string }
  | { readonly type: 'link'; readonly label: string; readonly url: string }
  /** Things with an explanation below each, and a code where they have one. */
  | { readonly type: 'list'; readonly items: readonly ListItem[] };

export interface ListItem {
  readonly head: string;
  readonly text: string;
  readonly code?: string;
}

/** A number as readers of a language write it. */
export function numberIn(language: string, value: number): string {
  return value.toLocaleString(language === 'en' ? 'en-GB' : language);
}

export interface MailDocument {
  readonly language: string;
  readonly subject: string;
  readonly blocks: readonly Block[];
  /** Why the reader gets this. */
  readonly footer: string;
}
